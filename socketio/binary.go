package socketio

import (
	"encoding/base64"
	"encoding/json"
	"math/bits"
	"strconv"
)

// A placeholder stands in the JSON of a binary packet for an attachment:
//
//	{"_placeholder":true,"num":0}
//
// The official decoder takes any object with that mark for one, whatever else is in it, and looks it up
// under any number. Here it is one exactly when it consists of these two members, in either order, with
// num in plain digits; an object that carries the mark in another form makes the packet illegal.

// appendPlaceholder appends the placeholder of attachment n.
func appendPlaceholder(dst []byte, n int) []byte {
	dst = append(dst, `{"_placeholder":true,"num":`...)
	dst = strconv.AppendInt(dst, int64(n), 10)
	return append(dst, '}')
}

// checkPlaceholders requires that valid JSON refers to each of n attachments (at most maxAttachments)
// exactly once.
func checkPlaceholders(data []byte, n int) error {
	var seen uint64
	err := eachPlaceholder(data, func(_, _, num int) error {
		bit := uint64(1) << num
		if num >= n || seen&bit != 0 {
			return errPlaceholder
		}
		seen |= bit
		return nil
	})
	if err == nil && bits.OnesCount64(seen) != n {
		return errPlaceholder
	}
	return err
}

// resolve puts attachments into the arguments of a binary packet: each placeholder becomes the attachment
// as a base64 string, which is what encoding/json reads into a []byte. Arguments without placeholders are
// returned as they are; args itself is not changed. Every attachment is to be used exactly once, so the
// result is at most a third larger than what was received.
func resolve(args []json.RawMessage, attachments [][]byte) ([]json.RawMessage, error) {
	if len(attachments) > maxAttachments {
		return nil, errAttachmentCount
	}
	var seen uint64
	resolved := make([]json.RawMessage, len(args))
	for i, arg := range args {
		var out []byte
		copied := 0
		err := eachPlaceholder(arg, func(start, end, num int) error {
			bit := uint64(1) << num
			if num >= len(attachments) || seen&bit != 0 {
				return errPlaceholder
			}
			seen |= bit
			out = append(out, arg[copied:start]...)
			out = append(out, '"')
			out = base64.StdEncoding.AppendEncode(out, attachments[num])
			out = append(out, '"')
			copied = end
			return nil
		})
		if err != nil {
			return nil, err
		}
		if copied == 0 {
			resolved[i] = arg
			continue
		}
		resolved[i] = append(out, arg[copied:]...)
	}
	if bits.OnesCount64(seen) != len(attachments) {
		return nil, errPlaceholder
	}
	return resolved, nil
}

// attachmentOf returns the attachment that an argument is as a whole. It is false for an argument that
// is something else or only contains placeholders.
func attachmentOf(arg json.RawMessage, attachments [][]byte) ([]byte, bool) {
	if len(arg) == 0 || arg[0] != '{' {
		return nil, false
	}
	num, end, ok := placeholderAt(arg, 0)
	if !ok || end != len(arg) || num >= len(attachments) {
		return nil, false
	}
	return attachments[num], true
}

// eachPlaceholder calls found for every placeholder in valid JSON, in one pass, with where it stands and
// the number in it, below maxAttachments. It stops at the first error.
func eachPlaceholder(data []byte, found func(start, end, num int) error) error {
	for i := 0; i < len(data); {
		switch data[i] {
		case '{':
			num, end, ok := placeholderAt(data, i)
			if !ok {
				i++
				continue
			}
			if err := found(i, end, num); err != nil {
				return err
			}
			i = end
		case '"':
			end, err := skipString(data, i)
			if err != nil {
				return err
			}
			if isMark(data, i, end) {
				return errPlaceholder
			}
			i = end
		default:
			i++
		}
	}
	return nil
}

// longestMark is the length of the key with every character written as an escape.
const longestMark = len(`""`) + 6*len("_placeholder")

// isMark tells whether the string from start to end is a key that makes its object a placeholder for the
// official decoder.
func isMark(data []byte, start, end int) bool {
	if end-start > longestMark {
		return false
	}
	colon := skipSpace(data, end)
	if colon == len(data) || data[colon] != ':' || string(unquote(data[start:end])) != "_placeholder" {
		return false
	}
	_, err := skipLiteral(data, skipSpace(data, colon+1), "true")
	return err == nil
}

// placeholderAt reads the placeholder whose brace is at i; ok is false when there is another object.
func placeholderAt(data []byte, i int) (num, end int, ok bool) {
	num = -1
	marked := false
	for i++; ; i++ {
		start := skipSpace(data, i)
		stop, err := skipKey(data, start)
		if err != nil {
			return 0, 0, false
		}
		i = skipSpace(data, stop)
		switch key := data[start:stop]; {
		case hasPrefix(key, `"_placeholder"`) && !marked:
			marked = true
			if i, err = skipLiteral(data, i, "true"); err != nil {
				return 0, 0, false
			}
		case hasPrefix(key, `"num"`) && num < 0:
			n, used := leadingInteger(data[i:])
			if used == 0 || n >= maxAttachments {
				return 0, 0, false
			}
			num = int(n)
			i += used
		default:
			return 0, 0, false
		}
		i = skipSpace(data, i)
		if i == len(data) {
			return 0, 0, false
		}
		if marked && num >= 0 {
			return num, i + 1, data[i] == '}'
		}
		if data[i] != ',' {
			return 0, 0, false
		}
	}
}

func hasPrefix(b []byte, prefix string) bool {
	return len(b) >= len(prefix) && string(b[:len(prefix)]) == prefix
}
