package socketio

import (
	"encoding/binary"
	"math/bits"
)

// The scanner below checks JSON (RFC 8259) and finds where values end without building them. It keeps
// its state in a few words, so that a reader's small stack suffices whatever a peer sends. UTF-8 is
// checked beforehand, over the whole text at once.

// skipSpace returns the index of the first byte from i on that is no JSON white space.
func skipSpace(data []byte, i int) int {
	for i < len(data) && (data[i] == ' ' || data[i] == '\n' || data[i] == '\t' || data[i] == '\r') {
		i++
	}
	return i
}

// skipValue returns the index after the JSON value that starts at i, white space before it allowed.
// depth (at most maxDepth) is how many arrays and objects may be open at once.
func skipValue(data []byte, i, depth int) (int, error) {
	var objects uint64 // one bit for each open level, the innermost lowest: set for an object
	level := 0
	for {
		i = skipSpace(data, i)
		if i == len(data) {
			return 0, errJSON
		}
		var err error
		switch c := data[i]; c {
		case '{', '[':
			if level == depth {
				return 0, errDepth
			}
			object := c == '{'
			i = skipSpace(data, i+1)
			if i < len(data) && data[i] == c+2 { // '{'+2 is '}', '['+2 is ']'
				i++
				break
			}
			level++
			objects <<= 1
			if object {
				objects |= 1
				if i, err = skipKey(data, i); err != nil {
					return 0, err
				}
			}
			continue
		case '"':
			i, err = skipString(data, i)
		case 't':
			i, err = skipLiteral(data, i, "true")
		case 'f':
			i, err = skipLiteral(data, i, "false")
		case 'n':
			i, err = skipLiteral(data, i, "null")
		default:
			i, err = skipNumber(data, i)
		}
		if err != nil {
			return 0, err
		}
		for level > 0 {
			i = skipSpace(data, i)
			if i == len(data) {
				return 0, errJSON
			}
			object := objects&1 == 1
			c := data[i]
			i++
			if c == ',' {
				if object {
					if i, err = skipKey(data, i); err != nil {
						return 0, err
					}
				}
				break
			}
			if object && c != '}' || !object && c != ']' {
				return 0, errJSON
			}
			level--
			objects >>= 1
			if level == 0 {
				return i, nil
			}
		}
		if level == 0 {
			return i, nil
		}
	}
}

// skipKey returns the index after the colon of the member of an object that starts at i.
func skipKey(data []byte, i int) (int, error) {
	i = skipSpace(data, i)
	if i == len(data) || data[i] != '"' {
		return 0, errJSON
	}
	i, err := skipString(data, i)
	if err != nil {
		return 0, err
	}
	i = skipSpace(data, i)
	if i == len(data) || data[i] != ':' {
		return 0, errJSON
	}
	return i + 1, nil
}

const (
	everyByte = 0x0101010101010101
	highBits  = 0x8080808080808080
)

// plainBytes returns how many of the eight bytes of w, the lowest first, are neither a quote nor a
// backslash nor a control character. Bytes above 0x7f are plain.
func plainBytes(w uint64) int {
	quote := w ^ everyByte*'"'
	slash := w ^ everyByte*'\\'
	// Each term sets the high bit of a byte that matches; a borrow may set bits of later bytes wrongly,
	// never of earlier ones, and only the first is asked for.
	found := (quote-everyByte)&^quote | (slash-everyByte)&^slash | (w-everyByte*' ')&^w
	return bits.TrailingZeros64(found&highBits) / 8
}

// skipString returns the index after the string whose opening quote is at i.
func skipString(data []byte, i int) (int, error) {
	i++
	for {
		for i+8 <= len(data) {
			n := plainBytes(binary.LittleEndian.Uint64(data[i:]))
			i += n
			if n < 8 {
				break
			}
		}
		if i >= len(data) {
			return 0, errJSON
		}
		switch c := data[i]; {
		case c == '"':
			return i + 1, nil
		case c == '\\':
			n := escapeLength(data[i:])
			if n == 0 {
				return 0, errJSON
			}
			i += n
		case c < ' ':
			return 0, errJSON
		default:
			i++
		}
	}
}

// escapeLength returns the length of the escape that b starts with, 0 when it is none. Half a surrogate
// pair is a valid escape (RFC 8259 section 8.2).
func escapeLength(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	switch b[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2
	case 'u':
		if len(b) < 6 {
			return 0
		}
		for _, c := range b[2:6] {
			if !isDigit(c) && (c|0x20 < 'a' || c|0x20 > 'f') {
				return 0
			}
		}
		return 6
	}
	return 0
}

// skipLiteral returns the index after word, which is to stand at i.
func skipLiteral(data []byte, i int, word string) (int, error) {
	if len(data)-i < len(word) || string(data[i:i+len(word)]) != word {
		return 0, errJSON
	}
	return i + len(word), nil
}

// skipNumber returns the index after the number that starts at i. Its size is not judged: numbers stay text.
func skipNumber(data []byte, i int) (int, error) {
	if i < len(data) && data[i] == '-' {
		i++
	}
	start := i
	i = skipDigits(data, i)
	if i == start || i-start > 1 && data[start] == '0' {
		return 0, errJSON
	}
	if i < len(data) && data[i] == '.' {
		start = i + 1
		if i = skipDigits(data, start); i == start {
			return 0, errJSON
		}
	}
	if i < len(data) && data[i]|0x20 == 'e' {
		i++
		if i < len(data) && (data[i] == '+' || data[i] == '-') {
			i++
		}
		start = i
		if i = skipDigits(data, i); i == start {
			return 0, errJSON
		}
	}
	return i, nil
}

func skipDigits(data []byte, i int) int {
	for i < len(data) && isDigit(data[i]) {
		i++
	}
	return i
}
