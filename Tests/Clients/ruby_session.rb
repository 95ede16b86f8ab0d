#!/usr/bin/env ruby
# Plays the scenario (README.md) through mysql2: ruby ruby_session.rb
#
# Where the server is stands in the environment. Exit codes: 0 played to its end, 77 mysql2 is not
# installed, others an error.
Encoding.default_external = Encoding.default_internal = 'UTF-8'
require 'bigdecimal'
require 'date'
begin
  require 'mysql2'
rescue LoadError => missing
  warn missing.message
  exit 77
end

FOLDER = File.join(__dir__, 'scenario')

def setting(name, otherwise = '')
  value = ENV["BOREAL_#{name}"].to_s
  value.empty? ? otherwise : value
end

DATABASE = setting('DATABASE', 'clients')
TABLE = File.readlines(File.join(FOLDER, 'rows.tsv'), chomp: true).map { |l| l.split("\t", -1) }
KINDS = TABLE[1]

# The statements of each part of statements.txt, by its name.
SQL = Hash.new { |parts, name| parts[name] = [] }
part = nil
File.foreach(File.join(FOLDER, 'statements.txt'), chomp: true) do |line|
  if line.start_with?('-- ')
    part = line[3..]
  else
    SQL[part] << line.gsub('@LOAD@', File.join(FOLDER, 'load.csv'))
                     .gsub('@MODEL@', "#{DATABASE}_model").gsub('@DATABASE@', DATABASE)
  end
end

def open_connection
  options = {
    host: setting('HOST', '127.0.0.1'), port: setting('PORT', '3307').to_i,
    username: setting('USER', 'root'), password: setting('PASSWORD'), encoding: 'utf8mb4',
    local_infile: true, database_timezone: :utc, application_timezone: :utc,
    flags: Mysql2::Client::MULTI_STATEMENTS
  }
  options[:flags] |= Mysql2::Client::COMPRESS if setting('COMPRESS') == 'on'
  if setting('TLS') == 'on'
    options[:ssl_mode] = :required
    options[:sslca] = setting('TLS_CA') unless setting('TLS_CA').empty?
  end
  Mysql2::Client.new(options)
end

CONNECTION = open_connection

# What is bound for a cell of rows.tsv.
def native(text, kind)
  return nil if text == 'NULL'

  case kind
  when 'int' then text.to_i
  when 'bit' then text.hex
  when 'decimal' then BigDecimal(text)
  when 'float' then text.to_f
  when 'date' then Date.parse(text)
  when 'datetime', 'timestamp' then Time.gm(*text.tr('-: ', ',').split(',')[0..4], text[17..].to_r)
  when 'bytes' then [text].pack('H*')
  else text
  end
end

# A number with at least so many digits behind its point.
def decimal(value, places)
  whole, fraction = value.to_s('F').split('.')
  places.zero? && fraction == '0' ? whole : "#{whole}.#{fraction.ljust(places, '0')}"
end

# A value as rows.tsv has it.
def canonical(value, kind)
  case value
  when nil then 'NULL'
  when BigDecimal then decimal(value, kind == 'decimal' ? 5 : 0)
  when Float then value.to_s.delete_suffix('.0')
  when Date then value.iso8601
  when Time then value.strftime(kind == 'timestamp' ? '%F %T' : '%F %T.%6N')
  when String
    return value.unpack1('H*') if %w[bytes bit].include?(kind)
    return value.delete_suffix('.0') if kind == 'float'

    # mysql2 is older than the type of JSON and gives its bytes.
    kind == 'json' ? value.dup.force_encoding('UTF-8') : value
  else value.to_s
  end
end

def show(name, cells, kinds = nil)
  texts = cells.each_with_index.map { |cell, i| canonical(cell, kinds ? kinds[i] : 'text') }
  puts [name, *texts].join("\t")
end

def ask(sql, **options)
  CONNECTION.query(sql, as: :array, **options)
end

# Statements are closed at once: one that the collector closes spoils the result being read.
def bound(sql, values)
  statement = CONNECTION.prepare(sql)
  statement.execute(*values, as: :array)&.to_a
ensure
  statement&.close
end

def all_values
  ask(SQL['hello'][0]).each { |row| show('hello', row) }
  cipher = ask("SHOW STATUS LIKE 'Ssl_cipher'").first[1]
  compression = ask("SHOW STATUS LIKE 'Compression'").first[1]
  show('wire', [cipher.empty? ? 'off' : 'on', compression])
  SQL['schema'].each { |sql| ask(sql) }
  ask(SQL['text'][0], cast: false).each { |row| show('text', row, KINDS) }
  TABLE[2..].each do |row|
    values = row.zip(KINDS).map { |text, kind| native(text, kind) }
    bound(SQL['prepared'][0], [values[0] + 10, *values[1..]])
  end
  # A TIME becomes a time of a day in this driver, and times of distant years lose their fraction:
  # they come as text.
  select = SQL['prepared'][1].gsub(/(c_time|c_datetime),/, 'CAST(\\1 AS CHAR),')
  bound(select, [10]).each { |row| show('prepared', row, KINDS) }
  ask(SQL['stored'][0]).each { |row| show('stored', row) }
end

def changes
  ask(SQL['changed'][0])
  show('changed', [CONNECTION.affected_rows, CONNECTION.last_id])
  insert, count = SQL['transaction']
  counts = %w[ROLLBACK COMMIT].map do |ending|
    ask('START TRANSACTION')
    ask(insert)
    ask(ending)
    ask(count).first[0]
  end
  show('transaction', counts)
  SQL['errors'].each do |sql|
    ask(sql)
    show('error', ['none'])
  rescue Mysql2::Error => error
    show('error', [error.error_number])
    show('state', [error.sql_state])
  end
  ask(SQL['load'][0])
  show('load', [CONNECTION.affected_rows])
  ask(SQL['load'][1]).each { |row| show('loaded', row) }
end

def results
  count = total = 0
  ask(SQL['stream'][0], stream: true, cache_rows: false).each do |row|
    count += 1
    total += row[0]
  end
  show('stream', [count, total])
  result = ask(SQL['multi'][0])
  loop do
    result&.each { |row| show('multi', row) }
    break unless CONNECTION.next_result

    result = CONNECTION.store_result
  end
  mark, marked = SQL['mark']
  ask(mark)
  raise 'ping' unless CONNECTION.ping

  ask(marked).each { |row| show('ping', row) }
end

def model
  *tables, create, state, predict, drop = SQL['model']
  tables.each { |sql| ask(sql) }
  ask(create)
  status = nil
  3000.times do
    break if %w[saved failed].include?(status)

    sleep 0.02
    status = ask(state).first[0]
  end
  show('model', [status])
  bound(predict, [5, 150]).each { |row| show('predict', row) }
  ask(drop)
  begin
    ask(state)
  rescue Mysql2::Error => error
    show('dropped', [error.error_number])
  end
end

ask("DROP DATABASE IF EXISTS #{DATABASE}")
ask("CREATE DATABASE #{DATABASE} CHARACTER SET utf8mb4")
CONNECTION.select_db(DATABASE)
all_values
changes
results
model if ARGV.empty?
ask("DROP DATABASE #{DATABASE}")
