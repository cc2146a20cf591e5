// Package rates converts amounts between currencies, in whole cents.
package rates

import (
	"errors"
	"fmt"
)

// ErrUnknown is returned for a currency without a rate.
var ErrUnknown = errors.New("no rate for this currency")

// Table holds, for each currency, how many cents one euro buys.
type Table map[string]int64

// Convert returns an amount in euro cents as cents of another currency, rounded down.
func (table Table) Convert(cents int64, currency string) (int64, error) {
	rate, known := table[currency]
	if !known {
		return 0, fmt.Errorf("%s: %w", currency, ErrUnknown)
	}
	return cents * rate / 100, nil
}
