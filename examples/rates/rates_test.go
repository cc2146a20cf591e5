package rates

import (
	"errors"
	"testing"
)

func TestConvert(t *testing.T) {
	table := Table{"USD": 110}
	if cents, err := table.Convert(1000, "USD"); err != nil || cents != 1100 {
		t.Fatalf("1000 euro cents are %d US cents (%v), not 1100", cents, err)
	}
}

func TestUnknownCurrency(t *testing.T) {
	if _, err := (Table{}).Convert(1, "XXX"); !errors.Is(err, ErrUnknown) {
		t.Fatalf("an unknown currency gives %v", err)
	}
}
