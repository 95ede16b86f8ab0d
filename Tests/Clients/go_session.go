// Plays the scenario (README.md) through go-sql-driver/mysql: go run go_session.go
//
// Where the server is stands in the environment. Exit codes: 0 played to its end, 1 an error.
package main

import (
	"crypto/tls"
	"crypto/x509"
	"database/sql"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/go-sql-driver/mysql"
)

func setting(name, otherwise string) string {
	if value := os.Getenv("BOREAL_" + name); value != "" {
		return value
	}
	return otherwise
}

func check(err error) {
	if err != nil {
		fmt.Fprintln(os.Stderr, "go_session:", err)
		os.Exit(1)
	}
}

var folder = setting("SCENARIO", "scenario")
var database = setting("DATABASE", "clients")

func lines(name string) []string {
	bytes, err := os.ReadFile(filepath.Join(folder, name))
	check(err)
	return strings.Split(strings.TrimSuffix(string(bytes), "\n"), "\n")
}

// statements are those of each part of statements.txt, by its name.
func statements() map[string][]string {
	words := strings.NewReplacer("@LOAD@", filepath.Join(folder, "load.csv"),
		"@MODEL@", database+"_model", "@DATABASE@", database)
	parts, part := map[string][]string{}, ""
	for _, line := range lines("statements.txt") {
		if strings.HasPrefix(line, "-- ") {
			part = line[3:]
		} else {
			parts[part] = append(parts[part], words.Replace(line))
		}
	}
	return parts
}

// native is what a driver binds for a cell of rows.tsv.
func native(text, kind string) interface{} {
	if text == "NULL" {
		return nil
	}
	switch kind {
	case "int":
		if value, err := strconv.ParseInt(text, 10, 64); err == nil {
			return value
		}
		value, err := strconv.ParseUint(text, 10, 64)
		check(err)
		return value
	case "float":
		value, err := strconv.ParseFloat(text, 64)
		check(err)
		return value
	case "bytes":
		value, err := hex.DecodeString(text)
		check(err)
		return value
	case "bit":
		value, err := strconv.ParseInt(text, 16, 64)
		check(err)
		return value
	}
	return text
}

// canonical is a value as rows.tsv has it.
func canonical(value sql.RawBytes, kind string) string {
	if value == nil {
		return "NULL"
	}
	switch kind {
	case "bytes", "bit":
		return hex.EncodeToString(value)
	case "float":
		number, err := strconv.ParseFloat(string(value), 64)
		check(err)
		return strconv.FormatFloat(number, 'f', -1, 64)
	}
	return string(value)
}

func open() *sql.DB {
	mode := ""
	if setting("TLS", "") == "on" {
		settings := &tls.Config{InsecureSkipVerify: true}
		if file := setting("TLS_CA", ""); file != "" {
			authority, err := os.ReadFile(file)
			check(err)
			pool := x509.NewCertPool()
			pool.AppendCertsFromPEM(authority)
			settings = &tls.Config{RootCAs: pool, ServerName: setting("HOST", "127.0.0.1")}
		}
		check(mysql.RegisterTLSConfig("scenario", settings))
		mode = "&tls=scenario"
	}
	db, err := sql.Open("mysql", fmt.Sprintf(
		"%s:%s@tcp(%s:%s)/?multiStatements=true&allowAllFiles=true%s", setting("USER", "root"),
		setting("PASSWORD", ""), setting("HOST", "127.0.0.1"), setting("PORT", "3307"), mode))
	check(err)
	// One connection: USE and user variables belong to it.
	db.SetMaxOpenConns(1)
	return db
}

var db = open()

func do(statement string) sql.Result {
	result, err := db.Exec(statement)
	check(err)
	return result
}

// each calls its function with every row, of every result.
func each(found *sql.Rows, err error, kinds []string, row func([]string)) {
	check(err)
	defer found.Close()
	for more := true; more; more = found.NextResultSet() {
		names, err := found.Columns()
		check(err)
		raw, places := make([]sql.RawBytes, len(names)), make([]interface{}, len(names))
		for index := range raw {
			places[index] = &raw[index]
		}
		for found.Next() {
			check(found.Scan(places...))
			cells := make([]string, len(raw))
			for index, cell := range raw {
				kind := "text"
				if kinds != nil {
					kind = kinds[index]
				}
				cells[index] = canonical(cell, kind)
			}
			row(cells)
		}
		check(found.Err())
	}
}

func printRows(name, statement string, kinds []string, arguments ...interface{}) {
	found, err := db.Query(statement, arguments...)
	each(found, err, kinds, func(cells []string) { show(name, cells...) })
}

func cell(statement string) (value string) {
	found, err := db.Query(statement)
	each(found, err, nil, func(cells []string) { value = cells[len(cells)-1] })
	return value
}

func show(name string, cells ...string) {
	fmt.Println(strings.Join(append([]string{name}, cells...), "\t"))
}

func values(parts map[string][]string) {
	printRows("hello", parts["hello"][0], nil)
	wire := "off"
	if cell("SHOW STATUS LIKE 'Ssl_cipher'") != "" {
		wire = "on"
	}
	show("wire", wire, cell("SHOW STATUS LIKE 'Compression'"))
	for _, statement := range parts["schema"] {
		do(statement)
	}
	table := lines("rows.tsv")
	kinds := strings.Split(table[1], "\t")
	printRows("text", parts["text"][0], kinds)
	insert, err := db.Prepare(parts["prepared"][0])
	check(err)
	for _, line := range table[2:] {
		var arguments []interface{}
		for index, text := range strings.Split(line, "\t") {
			arguments = append(arguments, native(text, kinds[index]))
		}
		arguments[0] = arguments[0].(int64) + 10
		_, err = insert.Exec(arguments...)
		check(err)
	}
	check(insert.Close())
	printRows("prepared", parts["prepared"][1], kinds, 10)
	printRows("stored", parts["stored"][0], nil)
}

func changes(parts map[string][]string) {
	result := do(parts["changed"][0])
	affected, _ := result.RowsAffected()
	last, _ := result.LastInsertId()
	show("changed", fmt.Sprint(affected), fmt.Sprint(last))
	insert, count := parts["transaction"][0], parts["transaction"][1]
	counts := []string{}
	for _, end := range []func(*sql.Tx) error{(*sql.Tx).Rollback, (*sql.Tx).Commit} {
		transaction, err := db.Begin()
		check(err)
		_, err = transaction.Exec(insert)
		check(err)
		check(end(transaction))
		counts = append(counts, cell(count))
	}
	show("transaction", counts...)
	for _, statement := range parts["errors"] {
		_, err := db.Exec(statement)
		failure, known := err.(*mysql.MySQLError)
		if !known {
			show("error", "none")
			continue
		}
		show("error", fmt.Sprint(failure.Number))
	}
	affected, _ = do(parts["load"][0]).RowsAffected()
	show("load", fmt.Sprint(affected))
	printRows("loaded", parts["load"][1], nil)
}

func results(parts map[string][]string) {
	count, total := 0, 0
	found, err := db.Query(parts["stream"][0])
	each(found, err, nil, func(cells []string) {
		number, err := strconv.Atoi(cells[0])
		check(err)
		count, total = count+1, total+number
	})
	show("stream", fmt.Sprint(count), fmt.Sprint(total))
	printRows("multi", parts["multi"][0], nil)
	do(parts["mark"][0])
	check(db.Ping())
	show("ping", cell(parts["mark"][1]))
}

func model(statements []string) {
	do(statements[0])
	do(statements[1])
	do(statements[2])
	status := ""
	for limit := time.Now().Add(time.Minute); status != "saved" && status != "failed"; {
		if time.Now().After(limit) {
			break
		}
		time.Sleep(20 * time.Millisecond)
		found, err := db.Query(statements[3])
		each(found, err, nil, func(cells []string) { status = cells[0] })
	}
	show("model", status)
	printRows("predict", statements[4], nil, 5, 150)
	do(statements[5])
	_, err := db.Exec(statements[3])
	if failure, known := err.(*mysql.MySQLError); known {
		show("dropped", fmt.Sprint(failure.Number))
	}
}

func main() {
	parts := statements()
	do("DROP DATABASE IF EXISTS " + database)
	do("CREATE DATABASE " + database + " CHARACTER SET utf8mb4")
	do("USE " + database)
	values(parts)
	changes(parts)
	results(parts)
	if len(os.Args) < 2 {
		model(parts["model"])
	}
	do("DROP DATABASE " + database)
}
