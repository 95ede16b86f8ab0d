<?php
/** What the PHP programs share: the files of the scenario, and values in their canonical form. */

const FOLDER = __DIR__ . '/scenario/';

function setting(string $name, string $otherwise = ''): string
{
    $value = getenv('BOREAL_' . $name);
    return $value === false || $value === '' ? $otherwise : $value;
}

define('DATABASE', setting('DATABASE', 'clients'));

/** The statements of each part of statements.txt, by its name. */
function statements(): array
{
    $parts = [];
    foreach (file(FOLDER . 'statements.txt', FILE_IGNORE_NEW_LINES) as $line) {
        if (str_starts_with($line, '-- ')) {
            $part = substr($line, 3);
            continue;
        }
        $parts[$part][] = strtr($line, [
            '@LOAD@' => FOLDER . 'load.csv',
            '@MODEL@' => DATABASE . '_model',
            '@DATABASE@' => DATABASE,
        ]);
    }
    return $parts;
}

/** The cells of rows.tsv; its second line has the kinds of the columns. */
function table(): array
{
    $lines = file(FOLDER . 'rows.tsv', FILE_IGNORE_NEW_LINES);
    return array_map(fn ($line) => explode("\t", $line), $lines);
}

/** The values to bind for each row of rows.tsv, under keys of their own. */
function rowsToBind(array $table): iterable
{
    foreach (array_slice($table, 2) as $row) {
        $values = array_map('native', $row, $table[1]);
        $values[0] += 10;
        yield $values;
    }
}

/** Plays all parts in a database made for them; `$run` runs a statement without a result. */
function play(object $connection, callable $run): void
{
    $sql = statements();
    $run('DROP DATABASE IF EXISTS ' . DATABASE);
    $run('CREATE DATABASE ' . DATABASE . ' CHARACTER SET utf8mb4');
    $run('USE ' . DATABASE);
    values($connection, $sql);
    changes($connection, $sql);
    results($connection, $sql);
    if ($GLOBALS['argc'] === 1) {
        model($connection, $sql['model']);
    }
    $run('DROP DATABASE ' . DATABASE);
}

/** What is bound for a cell of rows.tsv. */
function native(string $text, string $kind): int|float|string|null
{
    if ($text === 'NULL') {
        return null;
    }
    return match ($kind) {
        // A number above 2^63 is none of PHP's.
        'int' => (string) (int) $text === $text ? (int) $text : $text,
        'float' => (float) $text,
        'bytes' => hex2bin($text),
        'bit' => hexdec($text),
        default => $text,
    };
}

/** A value as rows.tsv has it. */
function canonical(int|float|string|null $value, string $kind = 'text'): string
{
    if ($value === null) {
        return 'NULL';
    }
    return match ($kind) {
        'bytes' => bin2hex($value),
        // This driver makes numbers of bits.
        'bit' => sprintf('%04x', $value),
        'float' => (string) (float) $value,
        default => (string) $value,
    };
}

function show(string $name, array $cells, ?array $kinds = null): void
{
    $texts = [];
    foreach (array_values($cells) as $index => $cell) {
        $texts[] = canonical($cell, $kinds[$index] ?? 'text');
    }
    echo implode("\t", [$name, ...$texts]), "\n";
}

/** Repeats a question until its answer is one of the states. */
function untilState(callable $ask): string
{
    $status = '';
    for ($turn = 0; $turn < 3000 && !in_array($status, ['saved', 'failed']); $turn++) {
        usleep(20000);
        $status = $ask();
    }
    return $status;
}
