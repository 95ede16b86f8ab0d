/// Every word that the grammars know, spelt in Swift as in SQL without the underscores.
///
/// The order matters: the words that MySQL 8.0 reserves come first, `zerofill` being the last of
/// them. A reserved word is never an identifier unless it is quoted or stands behind a dot.
public enum Keyword: UInt16, Sendable, CaseIterable {
    /// Not a keyword.
    case notKeyword
    // The reserved words of MySQL 8.0.
    /// Reserved words with A.
    case accessible, add, all, alter, analyze, and, `as`, asc, asensitive
    /// Reserved words with B.
    case before, between, bigint, binary, blob, both, by
    /// Reserved words with C.
    case call, cascade, `case`, change, char, character, check, collate, column, condition,
        constraint, `continue`, convert, create, cross, cube, cumeDist, currentDate, currentTime,
        currentTimestamp, currentUser, cursor
    /// Reserved words with D.
    case database, databases, dayHour, dayMicrosecond, dayMinute, daySecond, dec, decimal,
        declare, `default`, delayed, delete, denseRank, desc, describe, deterministic, distinct,
        distinctrow, div, double, drop, dual
    /// Reserved words with E.
    case each, `else`, elseif, empty, enclosed, escaped, except, exists, exit, explain
    /// Reserved words with F.
    case `false`, fetch, firstValue, float, float4, float8, `for`, force, foreign, from,
        fulltext, function
    /// Reserved words with G.
    case generated, get, grant, group, grouping, groups
    /// Reserved words with H.
    case having, highPriority, hourMicrosecond, hourMinute, hourSecond
    /// Reserved words with I.
    case `if`, ignore, `in`, index, infile, inner, `inout`, insensitive, insert, int, int1, int2,
        int3, int4, int8, integer, intersect, interval, into, ioAfterGtids, ioBeforeGtids, `is`,
        iterate
    /// Reserved words with J.
    case join, jsonTable
    /// Reserved words with K.
    case key, keys, kill
    /// Reserved words with L.
    case lag, lastValue, lateral, lead, leading, leave, left, like, limit, linear, lines, load,
        localtime, localtimestamp, lock, long, longblob, longtext, loop, lowPriority
    /// Reserved words with M.
    case masterBind, masterSslVerifyServerCert, match, maxvalue, mediumblob, mediumint,
        mediumtext, middleint, minuteMicrosecond, minuteSecond, mod, modifies
    /// Reserved words with N.
    case natural, not, noWriteToBinlog, nthValue, ntile, null, numeric
    /// Reserved words with O.
    case of, on, optimize, optimizerCosts, option, optionally, or, order, out, outer, outfile,
        over
    /// Reserved words with P.
    case partition, percentRank, precision, primary, procedure, purge
    /// Reserved words with R.
    case range, rank, read, reads, readWrite, real, recursive, references, regexp, release,
        rename, `repeat`, replace, require, resignal, restrict, `return`, revoke, right, rlike,
        row, rows, rowNumber
    /// Reserved words with S.
    case schema, schemas, secondMicrosecond, select, sensitive, separator, set, show, signal,
        smallint, spatial, specific, sql, sqlexception, sqlstate, sqlwarning, sqlBigResult,
        sqlCalcFoundRows, sqlSmallResult, ssl, starting, stored, straightJoin, system
    /// Reserved words with T.
    case table, terminated, then, tinyblob, tinyint, tinytext, to, trailing, trigger, `true`
    /// Reserved words with U.
    case undo, union, unique, unlock, unsigned, update, usage, use, using, utcDate, utcTime,
        utcTimestamp
    /// Reserved words with V.
    case values, varbinary, varchar, varcharacter, varying, virtual
    /// Reserved words with W.
    case when, `where`, `while`, window, with, write
    /// Reserved words with X.
    case xor
    /// Reserved words with Y.
    case yearMonth
    /// Reserved words with Z.
    case zerofill
    // Words with a meaning in their place only.
    /// Other words with A.
    case account, action, after, against, aggregate, algorithm, always, any, array, ascii, at,
        attribute, authors, auto, autoIncrement, avgRowLength
    /// Other words with B.
    case begin, binlog, bit, bool, boolean, btree, byte
    /// Other words with C.
    case cascaded, cast, categories, chain, changed, charset, checksum, cipher, clone, code,
        collation, columns, columnFormat, comment, commit, committed, compact, compressed,
        compression, concurrent, connection, consistent, contains, context, copy, count, cpu,
        current, currentRole
    /// Other words with D.
    case data, date, datetime, day, ddl, deallocate, defaultVersion, definer, definition,
        delayKeyWrite, deploy, description, diff, directory, disable, discard, disk, `do`,
        dumpfile, duplicate, dynamic
    /// Other words with E.
    case enable, encryption, end, enforced, engine, engines, engineAttribute, `enum`, error,
        errors, escape, evaluate, event, events, every, exchange, exclude, exclusive, execute,
        expansion, expire, export, extended, extract
    /// Other words with F.
    case failedLoginAttempts, fast, feature, features, fields, file, filter, first, fixed, flush,
        following, format, full
    /// Other words with G.
    case general, geometry, getFormat, global, grants, groupConcat
    /// Other words with H.
    case handler, hash, help, histogram, history, host, hosts, hour
    /// Other words with I.
    case identified, `import`, indexes, inplace, input, insertMethod, install, instance, instant,
        invisible, invoker, io, isolation, issuer
    /// Other words with J.
    case json, jsonValue
    /// Other words with K.
    case keyBlockSize
    /// Other words with L.
    case language, last, level, list, local, locked, logs
    /// Other words with M.
    case master, maxConnectionsPerHour, maxQueriesPerHour, maxRows, maxUpdatesPerHour,
        maxUserConnections, medium, member, memory, merge, microsecond, minute, minRows, mode,
        model, models, modify, month, mutex
    /// Other words with N.
    case name, names, national, nchar, never, new, next, no, none, nowait, nulls, nvarchar
    /// Other words with O.
    case off, offset, old, only, open, optional, options, others, overlay, owner
    /// Other words with P.
    case packKeys, parser, partial, partitioning, partitions, password, passwordLockTime,
        persist, persistOnly, phase, plugin, plugins, position, preceding, predict, prepare,
        preserve, prev, privileges, process, processlist, profile, profiles, proxy
    /// Other words with Q.
    case quarter, query, quick
    /// Other words with R.
    case random, rebuild, redundant, relaylog, reload, remove, reorganize, repair, repeatable,
        replica, replicas, replication, reset, respect, restart, retain, retrain, returning,
        returns, reuse, role, rollback, rollup, routine, rowFormat
    /// Other words with S.
    case savepoint, schedule, second, secondaryEngine, security, serial, serializable, server,
        session, share, shared, signed, simple, skip, slave, slow, snapshot, soname, sounds,
        source, sqlBufferResult, sqlCache, sqlNoCache, srid, start, statement, statsAutoRecalc,
        statsPersistent, statsSamplePages, status, stop, storage, string, subject, subpartition,
        substr, substring, `super`
    /// Other words with T.
    case tables, tablespace, task, tasks, temporary, temptable, text, than, ties, time,
        timestamp, timestampadd, timestampdiff, transaction, triggers, trim, truncate, type
    /// Other words with U.
    case unbounded, uncommitted, undefined, unicode, uninstall, unknown, until, upgrade, upload,
        user, userResources, useFrm
    /// Other words with V.
    case value, variables, verify, version, versions, view, visible
    /// Other words with W.
    case wait, warnings, week, weightString, without, work
    /// Other words with X.
    case x509, xa
    /// Other words with Y.
    case year
    /// Other words with Z.
    case zone

    /// True for words that cannot name a table, a column or an alias unless quoted.
    @inlinable
    public var isReserved: Bool {
        rawValue > Keyword.notKeyword.rawValue && rawValue <= Keyword.zerofill.rawValue
    }

    /// True for a text that is such a word, in any case.
    public static func isReserved(_ text: String) -> Bool {
        let word = Array(text.utf8)
        let hash = word.reduce(KeywordTable.hashStart) { KeywordTable.hash($0, adding: $1) }
        return word.withUnsafeBufferPointer {
            KeywordTable.shared.keyword(of: $0, hash: hash).isReserved
        }
    }

    /// The word as SQL writes it, upper case: `CURRENT_TIMESTAMP`.
    public var text: String {
        var text = ""
        for character in String(describing: self) {
            if character.isUppercase { text.append("_") }
            text.append(contentsOf: character.uppercased())
        }
        return text
    }
}
