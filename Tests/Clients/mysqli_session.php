<?php
/**
 * Plays the scenario (README.md) through mysqli:
 *
 *   php -d mysqli.allow_local_infile=1 mysqli_session.php
 *
 * Where the server is stands in the environment. Exit codes: 0 played to its end, 77 mysqli is not
 * installed, others an error.
 */

require __DIR__ . '/scenario.php';

if (!extension_loaded('mysqli')) {
    fwrite(STDERR, "mysqli is not installed\n");
    exit(77);
}
mysqli_report(MYSQLI_REPORT_ERROR | MYSQLI_REPORT_STRICT);

function open(): mysqli
{
    $connection = mysqli_init();
    $connection->options(MYSQLI_OPT_LOCAL_INFILE, 1);
    $flags = setting('COMPRESS') === 'on' ? MYSQLI_CLIENT_COMPRESS : 0;
    if (setting('TLS') === 'on') {
        $authority = setting('TLS_CA');
        $connection->ssl_set(null, null, $authority ?: null, null, null);
        $flags |= MYSQLI_CLIENT_SSL;
        if ($authority === '') {
            $flags |= MYSQLI_CLIENT_SSL_DONT_VERIFY_SERVER_CERT;
        }
    }
    $connection->real_connect(
        setting('HOST', '127.0.0.1'), setting('USER', 'root'), setting('PASSWORD'), '',
        (int) setting('PORT', '3307'), null, $flags
    );
    $connection->set_charset('utf8mb4');
    return $connection;
}

/** Binds values by their types, and gives the result of the statement. */
function bound(mysqli $connection, string $sql, array $values): mysqli_result|bool
{
    $statement = $connection->prepare($sql);
    $types = '';
    foreach ($values as $value) {
        $types .= is_int($value) ? 'i' : (is_float($value) ? 'd' : 's');
    }
    $statement->bind_param($types, ...$values);
    $statement->execute();
    return $statement->get_result();
}

function showAll(string $name, mysqli_result $result, ?array $kinds = null): void
{
    foreach ($result->fetch_all(MYSQLI_NUM) as $row) {
        show($name, $row, $kinds);
    }
}

function values(mysqli $connection, array $sql): void
{
    showAll('hello', $connection->query($sql['hello'][0]));
    $cipher = $connection->query("SHOW STATUS LIKE 'Ssl_cipher'")->fetch_row()[1];
    $compression = $connection->query("SHOW STATUS LIKE 'Compression'")->fetch_row()[1];
    show('wire', [$cipher === '' ? 'off' : 'on', $compression]);
    foreach ($sql['schema'] as $statement) {
        $connection->query($statement);
    }
    [, $kinds] = $table = table();
    showAll('text', $connection->query($sql['text'][0]), $kinds);
    foreach (rowsToBind($table) as $values) {
        bound($connection, $sql['prepared'][0], $values);
    }
    showAll('prepared', bound($connection, $sql['prepared'][1], [10]), $kinds);
    showAll('stored', $connection->query($sql['stored'][0]));
}

function changes(mysqli $connection, array $sql): void
{
    $connection->query($sql['changed'][0]);
    show('changed', [$connection->affected_rows, $connection->insert_id]);
    [$insert, $count] = $sql['transaction'];
    $connection->begin_transaction();
    $connection->query($insert);
    $connection->rollback();
    $gone = $connection->query($count)->fetch_row()[0];
    $connection->begin_transaction();
    $connection->query($insert);
    $connection->commit();
    show('transaction', [$gone, $connection->query($count)->fetch_row()[0]]);
    foreach ($sql['errors'] as $statement) {
        try {
            $connection->query($statement);
            show('error', ['none']);
        } catch (mysqli_sql_exception $error) {
            show('error', [$error->getCode()]);
            show('state', [$error->getSqlState()]);
        }
    }
    $connection->query($sql['load'][0]);
    show('load', [$connection->affected_rows]);
    showAll('loaded', $connection->query($sql['load'][1]));
}

function results(mysqli $connection, array $sql): void
{
    $count = $total = 0;
    $result = $connection->query($sql['stream'][0], MYSQLI_USE_RESULT);
    while ($row = $result->fetch_row()) {
        $count++;
        $total += $row[0];
    }
    $result->free();
    show('stream', [$count, $total]);
    $connection->multi_query($sql['multi'][0]);
    do {
        if ($result = $connection->store_result()) {
            showAll('multi', $result);
        }
    } while ($connection->next_result());
    [$mark, $marked] = $sql['mark'];
    $connection->query($mark);
    $connection->ping();
    showAll('ping', $connection->query($marked));
    $connection->change_user(setting('USER', 'root'), setting('PASSWORD'), DATABASE);
    showAll('change', $connection->query($marked));
}

function model(mysqli $connection, array $sql): void
{
    foreach (array_slice($sql, 0, 3) as $statement) {
        $connection->query($statement);
    }
    show('model', [untilState(fn () => $connection->query($sql[3])->fetch_row()[0])]);
    showAll('predict', bound($connection, $sql[4], [5, 150]));
    $connection->query($sql[5]);
    try {
        $connection->query($sql[3]);
    } catch (mysqli_sql_exception $error) {
        show('dropped', [$error->getCode()]);
    }
}

$connection = open();
play($connection, fn ($statement) => $connection->query($statement));
