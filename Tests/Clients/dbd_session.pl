#!/usr/bin/env perl
# Plays the scenario (README.md) through DBI: dbd_session.pl mysql|MariaDB
#
# Where the server is stands in the environment. Exit codes: 0 played to its end, 77 the driver is
# not installed, others an error.
use strict;
use warnings;
use utf8;
use open qw(:std :encoding(UTF-8));
use FindBin;
use Time::HiRes qw(sleep time);

my $driver = shift @ARGV or die "usage: $0 mysql|MariaDB\n";
unless (eval "require DBI; require DBD::$driver; 1") {
    print STDERR "DBD::$driver is not installed\n";
    exit 77;
}
# What the names of this driver's own settings begin with.
my $own = lc $driver;

sub setting { my ($name, $otherwise) = @_; $ENV{"BOREAL_$name"} || $otherwise || '' }

my $folder = "$FindBin::Bin/scenario";
my $database = setting('DATABASE', 'clients');

sub lines {
    open my $file, '<:encoding(UTF-8)', "$folder/$_[0]" or die "$_[0]: $!";
    chomp(my @lines = <$file>);
    return @lines;
}

# The statements of each part of statements.txt, by its name.
my (%sql, $part);
for my $line (lines('statements.txt')) {
    if ($line =~ /^-- (.*)/) { $part = $1; next }
    $line =~ s/\@LOAD\@/$folder\/load.csv/;
    $line =~ s/\@MODEL\@/${database}_model/;
    $line =~ s/\@DATABASE\@/$database/;
    push @{ $sql{$part} }, $line;
}

my $place = sprintf 'DBI:%s:host=%s;port=%s;%s_local_infile=1;%s_multi_statements=1', $driver,
    setting('HOST', '127.0.0.1'), setting('PORT', '3307'), $own, $own;
$place =~ s/mariadb_local_infile=1;//;
$place .= ";${own}_compression=1" if setting('COMPRESS') eq 'on';
if (setting('TLS') eq 'on') {
    $place .= ";${own}_ssl=1";
    # Over MariaDB's library DBD::mysql cannot insist; it does encrypt.
    $place .= ';mysql_ssl_optional=1' if $driver eq 'mysql';
    $place .= ";${own}_ssl_ca_file=" . setting('TLS_CA') if setting('TLS_CA');
}
my %options = (RaiseError => 1, PrintError => 0, AutoCommit => 1);
$options{mysql_enable_utf8mb4} = 1 if $driver eq 'mysql';
my $dbh = DBI->connect($place, setting('USER', 'root'), setting('PASSWORD'), \%options);

# What is bound for a cell of rows.tsv, and with which type.
sub native {
    my ($text, $kind) = @_;
    return (undef, DBI::SQL_VARCHAR()) if $text eq 'NULL';
    return (pack('H*', $text), DBI::SQL_BLOB()) if $kind eq 'bytes';
    return (hex $text, DBI::SQL_INTEGER()) if $kind eq 'bit';
    return ($text, DBI::SQL_VARCHAR());
}

# A value as rows.tsv has it.
sub canonical {
    my ($value, $kind) = @_;
    return 'NULL' unless defined $value;
    return unpack 'H*', $value if $kind eq 'bytes' || $kind eq 'bit';
    return $value + 0 if $kind eq 'float';
    # Both drivers are older than the type of JSON and give its bytes.
    utf8::decode($value) if $kind eq 'json';
    return $value;
}

sub show {
    my ($name, $cells, $kinds) = @_;
    my @texts = map { canonical($cells->[$_], $kinds ? $kinds->[$_] : 'text') } 0 .. $#$cells;
    print join("\t", $name, @texts), "\n";
}

sub show_all {
    my ($name, $statement, $kinds) = @_;
    show($name, $_, $kinds) for @{ $statement->fetchall_arrayref };
}

sub ask { my $statement = $dbh->prepare($_[0]); $statement->execute; return $statement }

sub values_part {
    show_all('hello', ask($sql{hello}[0]));
    my $cipher = ($dbh->selectrow_array("SHOW STATUS LIKE 'Ssl_cipher'"))[1];
    my $compression = ($dbh->selectrow_array("SHOW STATUS LIKE 'Compression'"))[1];
    show('wire', [$cipher eq '' ? 'off' : 'on', $compression]);
    $dbh->do($_) for @{ $sql{schema} };
    my ($names, $kinds, @rows) = map { [split /\t/, $_, -1] } lines('rows.tsv');
    show_all('text', ask($sql{text}[0]), $kinds);
    $dbh->{"${own}_server_prepare"} = 1;
    my $insert = $dbh->prepare($sql{prepared}[0]);
    for my $row (@rows) {
        for my $index (0 .. $#$row) {
            my ($value, $type) = native($row->[$index], $kinds->[$index]);
            $value += 10 if $index == 0;
            $insert->bind_param($index + 1, $value, $type);
        }
        $insert->execute;
    }
    my $select = $dbh->prepare($sql{prepared}[1]);
    $select->execute(10);
    show_all('prepared', $select, $kinds);
    $dbh->{"${own}_server_prepare"} = 0;
    show_all('stored', ask($sql{stored}[0]));
    my $columns = $dbh->column_info(undef, $database, 'loaded', '%')->fetchall_arrayref;
    my ($key) = $dbh->primary_key(undef, $database, 'numbered');
    show('inspect', [scalar @$columns, $key]);
    $dbh->table_info(undef, $database, '%', 'TABLE')->fetchall_arrayref;
    $dbh->statistics_info(undef, $database, 'numbered', 0, 1)->fetchall_arrayref;
    my $foreign = $dbh->foreign_key_info(undef, undef, undef, undef, $database, 'numbered');
    $foreign->fetchall_arrayref if $foreign;
}

sub changes {
    my $affected = $dbh->do($sql{changed}[0]);
    show('changed', [$affected, $dbh->last_insert_id((undef) x 4)]);
    my ($insert, $count) = @{ $sql{transaction} };
    $dbh->begin_work;
    $dbh->do($insert);
    $dbh->rollback;
    my ($gone) = $dbh->selectrow_array($count);
    $dbh->begin_work;
    $dbh->do($insert);
    $dbh->commit;
    show('transaction', [$gone, $dbh->selectrow_array($count)]);
    for my $statement (@{ $sql{errors} }) {
        if (eval { $dbh->do($statement); 1 }) { show('error', ['none']); next }
        show('error', [$dbh->err]);
        show('state', [$dbh->state]);
    }
    show('load', [$dbh->do($sql{load}[0])]);
    show_all('loaded', ask($sql{load}[1]));
}

sub results {
    # Unbuffered results of DBD::MariaDB have no rows, whatever the server.
    my %unbuffered = $driver eq 'mysql' ? (mysql_use_result => 1) : ();
    my $statement = $dbh->prepare($sql{stream}[0], \%unbuffered);
    $statement->execute;
    my ($count, $total) = (0, 0);
    while (my $row = $statement->fetchrow_arrayref) { $count++; $total += $row->[0] }
    show('stream', [$count, $total]);
    # DBD::MariaDB reads away what is left of any results when a statement goes: this one first.
    undef $statement;
    $statement = ask($sql{multi}[0]);
    do {
        show_all('multi', $statement) if $statement->{NUM_OF_FIELDS};
    } while ($statement->more_results);
    my ($mark, $marked) = @{ $sql{mark} };
    $dbh->do($mark);
    $dbh->ping or die 'ping';
    show_all('ping', ask($marked));
}

sub model {
    my @model = @{ $sql{model} };
    $dbh->do($_) for @model[0 .. 2];
    my ($status, $limit) = ('', time + 60);
    while ($status !~ /^(saved|failed)$/ && time < $limit) {
        sleep 0.02;
        ($status) = $dbh->selectrow_array($model[3]);
    }
    show('model', [$status]);
    $dbh->{"${own}_server_prepare"} = 1;
    my $predict = $dbh->prepare($model[4]);
    $predict->execute(5, 150);
    show_all('predict', $predict);
    $dbh->{"${own}_server_prepare"} = 0;
    $dbh->do($model[5]);
    eval { $dbh->selectrow_array($model[3]) };
    show('dropped', [$dbh->err]);
}

$dbh->do("DROP DATABASE IF EXISTS $database");
$dbh->do("CREATE DATABASE $database CHARACTER SET utf8mb4");
$dbh->do("USE $database");
values_part();
changes();
results();
model() unless @ARGV;
$dbh->do("DROP DATABASE $database");
