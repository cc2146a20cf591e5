// Command trivy-db writes a vulnerability database in the layout of trivy-db, schema 2, for tests.
//
//	trivy-db FOLDER < advisories.json
//
// Standard input: {"updated": RFC 3339, "advisories": [{"source", "name", "package", "id", "patched", "vulnerable",
// "severity", "title"}]}. A source is named like "pip::GitHub Security Advisory pip". Layout:
// https://github.com/aquasecurity/trivy-db/tree/main/pkg/db
package main

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"go.etcd.io/bbolt"
)

type advisory struct {
	Source     string   `json:"source"`
	Package    string   `json:"package"`
	ID         string   `json:"id"`
	Patched    []string `json:"patched"`
	Vulnerable []string `json:"vulnerable"`
	Fixed      string   `json:"fixed"`
	Severity   string   `json:"severity"`
	Title      string   `json:"title"`
}

type input struct {
	Updated    time.Time  `json:"updated"`
	Advisories []advisory `json:"advisories"`
}

func main() {
	if len(os.Args) != 2 {
		fail(fmt.Errorf("usage: trivy-db FOLDER < advisories.json"))
	}
	var given input
	fail(json.NewDecoder(os.Stdin).Decode(&given))
	fail(write(filepath.Join(os.Args[1], "db"), given))
}

func fail(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "trivy-db:", err)
		os.Exit(1)
	}
}

func write(folder string, given input) error {
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return err
	}
	db, err := bbolt.Open(filepath.Join(folder, "trivy.db"), 0o644, nil)
	if err != nil {
		return err
	}
	defer db.Close()
	err = db.Update(func(tx *bbolt.Tx) error {
		for _, each := range given.Advisories {
			if err := put(tx, each); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	metadata := map[string]any{
		"Version":      2,
		"UpdatedAt":    given.Updated,
		"NextUpdate":   given.Updated.Add(24 * time.Hour),
		"DownloadedAt": given.Updated,
	}
	content, err := json.Marshal(metadata)
	if err != nil {
		return err
	}
	return os.WriteFile(filepath.Join(folder, "metadata.json"), content, 0o644)
}

func put(tx *bbolt.Tx, each advisory) error {
	value := map[string]any{}
	if each.Fixed != "" {
		value["FixedVersion"] = each.Fixed
	} else {
		value["PatchedVersions"] = each.Patched
		value["VulnerableVersions"] = each.Vulnerable
	}
	details := map[string]any{"Title": each.Title}
	if each.Severity != "" {
		details["Severity"] = each.Severity
	}
	source := map[string]any{"ID": "ghsa", "Name": each.Source, "URL": "https://github.com/advisories"}
	entries := []struct {
		buckets []string
		key     string
		value   any
	}{
		{[]string{each.Source, each.Package}, each.ID, value},
		{[]string{"vulnerability"}, each.ID, details},
		{[]string{"data-source"}, each.Source, source},
	}
	for _, entry := range entries {
		bucket, err := tx.CreateBucketIfNotExists([]byte(entry.buckets[0]))
		for _, name := range entry.buckets[1:] {
			if err == nil {
				bucket, err = bucket.CreateBucketIfNotExists([]byte(name))
			}
		}
		if err != nil {
			return err
		}
		content, err := json.Marshal(entry.value)
		if err != nil {
			return err
		}
		if err := bucket.Put([]byte(entry.key), content); err != nil {
			return err
		}
	}
	return nil
}
