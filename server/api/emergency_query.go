package api

import (
	"strconv"

	"github.com/gin-gonic/gin"
)

// pathNumber reads a path parameter that is a number above 0.
func pathNumber(c *gin.Context, name string) (int64, error) {
	n, err := strconv.ParseInt(c.Param(name), 10, 64)
	switch {
	case err != nil:
		return 0, detailFaults{{"int_parsing", []string{"path", name}, "debe ser un entero", nil}}
	case n <= 0 || n > 1<<31-1:
		return 0, detailFaults{{"greater_than", []string{"path", name}, "debe ser mayor que 0", nil}}
	}
	return n, nil
}

// pageOf reads limit and offset: 50 of at most most rows, from the first on
// (emergencies contract 2.4).
func pageOf(c *gin.Context, most int) (limit, offset int, err error) {
	var faults detailFaults
	read := func(key string, standard, least, most int) int {
		text, given := c.GetQuery(key)
		if !given {
			return standard
		}
		n, err := strconv.Atoi(text)
		switch {
		case err != nil:
			faults = append(faults, detailFault{"int_parsing", []string{"query", key}, "debe ser un entero", nil})
		case n < least:
			faults = append(faults, detailFault{"greater_than_equal", []string{"query", key}, "debe ser al menos " + strconv.Itoa(least), nil})
		case n > most:
			faults = append(faults, detailFault{"less_than_equal", []string{"query", key}, "debe ser como máximo " + strconv.Itoa(most), nil})
		}
		return n
	}
	limit, offset = read("limit", 50, 1, most), read("offset", 0, 0, 1<<31-1)
	if len(faults) > 0 {
		return 0, 0, faults
	}
	return limit, offset, nil
}
