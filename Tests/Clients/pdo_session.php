<?php
/**
 * Plays the scenario (README.md) through PDO: php pdo_session.php
 *
 * Where the server is stands in the environment. Exit codes: 0 played to its end, 77 its driver is
 * not installed, others an error.
 */

require __DIR__ . '/scenario.php';

if (!extension_loaded('pdo_mysql')) {
    fwrite(STDERR, "PDO's driver is not installed\n");
    exit(77);
}

function open(): PDO
{
    $options = [
        PDO::ATTR_ERRMODE => PDO::ERRMODE_EXCEPTION,
        PDO::ATTR_EMULATE_PREPARES => false,
        PDO::MYSQL_ATTR_LOCAL_INFILE => true,
        PDO::MYSQL_ATTR_COMPRESS => setting('COMPRESS') === 'on',
    ];
    if (setting('TLS') === 'on') {
        // Without an authority any file asks for TLS; nothing is checked with it then.
        $options[PDO::MYSQL_ATTR_SSL_CA] =
            setting('TLS_CA', '/etc/ssl/certs/ca-certificates.crt');
        $options[PDO::MYSQL_ATTR_SSL_VERIFY_SERVER_CERT] = setting('TLS_CA') !== '';
    }
    $place = sprintf(
        'mysql:host=%s;port=%s;charset=utf8mb4', setting('HOST', '127.0.0.1'),
        setting('PORT', '3307')
    );
    return new PDO($place, setting('USER', 'root'), setting('PASSWORD'), $options);
}

function bound(PDO $connection, string $sql, array $values): PDOStatement
{
    $statement = $connection->prepare($sql);
    foreach ($values as $index => $value) {
        $type = is_int($value) ? PDO::PARAM_INT
            : ($value === null ? PDO::PARAM_NULL : PDO::PARAM_STR);
        $statement->bindValue($index + 1, $value, $type);
    }
    $statement->execute();
    return $statement;
}

function showAll(string $name, PDOStatement $result, ?array $kinds = null): void
{
    foreach ($result->fetchAll(PDO::FETCH_NUM) as $row) {
        show($name, $row, $kinds);
    }
}

function values(PDO $connection, array $sql): void
{
    showAll('hello', $connection->query($sql['hello'][0]));
    $cipher = $connection->query("SHOW STATUS LIKE 'Ssl_cipher'")->fetchColumn(1);
    $compression = $connection->query("SHOW STATUS LIKE 'Compression'")->fetchColumn(1);
    show('wire', [$cipher === '' ? 'off' : 'on', $compression]);
    foreach ($sql['schema'] as $statement) {
        $connection->exec($statement);
    }
    [, $kinds] = $table = table();
    // Its own statements are prepared; emulated ones are text.
    $connection->setAttribute(PDO::ATTR_EMULATE_PREPARES, true);
    showAll('text', $connection->query($sql['text'][0]), $kinds);
    $connection->setAttribute(PDO::ATTR_EMULATE_PREPARES, false);
    foreach (rowsToBind($table) as $values) {
        bound($connection, $sql['prepared'][0], $values);
    }
    showAll('prepared', bound($connection, $sql['prepared'][1], [10]), $kinds);
    showAll('stored', $connection->query($sql['stored'][0]));
}

function changes(PDO $connection, array $sql): void
{
    show('changed', [$connection->exec($sql['changed'][0]), $connection->lastInsertId()]);
    [$insert, $count] = $sql['transaction'];
    $connection->beginTransaction();
    $connection->exec($insert);
    $connection->rollBack();
    $gone = $connection->query($count)->fetchColumn();
    $connection->beginTransaction();
    $connection->exec($insert);
    $connection->commit();
    show('transaction', [$gone, $connection->query($count)->fetchColumn()]);
    foreach ($sql['errors'] as $statement) {
        try {
            $connection->exec($statement);
            show('error', ['none']);
        } catch (PDOException $error) {
            show('error', [$error->errorInfo[1]]);
            show('state', [$error->errorInfo[0]]);
        }
    }
    show('load', [$connection->exec($sql['load'][0])]);
    showAll('loaded', $connection->query($sql['load'][1]));
}

function results(PDO $connection, array $sql): void
{
    $count = $total = 0;
    $connection->setAttribute(PDO::MYSQL_ATTR_USE_BUFFERED_QUERY, false);
    foreach ($connection->query($sql['stream'][0], PDO::FETCH_NUM) as $row) {
        $count++;
        $total += $row[0];
    }
    $connection->setAttribute(PDO::MYSQL_ATTR_USE_BUFFERED_QUERY, true);
    show('stream', [$count, $total]);
    $connection->setAttribute(PDO::ATTR_EMULATE_PREPARES, true);
    $result = $connection->query($sql['multi'][0]);
    do {
        if ($result->columnCount() > 0) {
            showAll('multi', $result);
        }
    } while ($result->nextRowset());
    $connection->setAttribute(PDO::ATTR_EMULATE_PREPARES, false);
}

function model(PDO $connection, array $sql): void
{
    foreach (array_slice($sql, 0, 3) as $statement) {
        $connection->exec($statement);
    }
    show('model', [untilState(fn () => $connection->query($sql[3])->fetchColumn())]);
    showAll('predict', bound($connection, $sql[4], [5, 150]));
    $connection->exec($sql[5]);
    try {
        $connection->query($sql[3]);
    } catch (PDOException $error) {
        show('dropped', [$error->errorInfo[1]]);
    }
}

$connection = open();
play($connection, fn ($statement) => $connection->exec($statement));
