/// An ordinary MySQL statement: everything that is not about models, tasks and features.
public indirect enum SQLStatement: Equatable, Sendable {
    // MARK: - Query

    /// `SELECT`, `WITH`, `VALUES ROW`, `TABLE`, or one of them in parentheses.
    case query(Query)
    /// `INSERT`, `REPLACE`.
    case insert(Insert)
    /// `UPDATE`.
    case update(Update)
    /// `DELETE`.
    case delete(Delete)
    /// `TRUNCATE [TABLE] t`.
    case truncate(ObjectName)
    /// `LOAD DATA`.
    case loadData(LoadData)
    /// `DO expr, expr`.
    case `do`([Expression])
    /// `CALL`.
    case call(CallStatement)

    // MARK: - Definition

    /// `CREATE DATABASE`.
    case createDatabase(CreateDatabase)
    /// `ALTER DATABASE`.
    case alterDatabase(AlterDatabase)
    /// `DROP DATABASE`.
    case dropDatabase(DropDatabase)
    /// `CREATE TABLE`.
    case createTable(CreateTable)
    /// `ALTER TABLE`.
    case alterTable(AlterTable)
    /// `DROP TABLE`, `DROP VIEW`.
    case dropTables(DropTables)
    /// `RENAME TABLE`.
    case renameTables(RenameTables)
    /// `CREATE INDEX`.
    case createIndex(CreateIndex)
    /// `DROP INDEX`.
    case dropIndex(DropIndex)
    /// `CREATE VIEW`, `ALTER VIEW`.
    case createView(CreateView)
    /// `CREATE FUNCTION ... SONAME`.
    case createFunction(CreateFunction)
    /// `DROP FUNCTION`, `PROCEDURE`, `TRIGGER`, `EVENT`.
    case dropRoutine(DropRoutine)

    // MARK: - Administration

    /// `START TRANSACTION` to `UNLOCK TABLES`.
    case transaction(TransactionStatement)
    /// `SET TRANSACTION`.
    case setTransaction(SetTransaction)
    /// `SET`.
    case set(SetStatement)
    /// `SET STATEMENT ... FOR ...`.
    case setForStatement(SetForStatement)
    /// `SET PASSWORD`.
    case setPassword(SetPassword)
    /// `USE db`.
    case use(Identifier)
    /// `SHOW`.
    case show(ShowStatement)
    /// `DESCRIBE t`.
    case describe(DescribeTable)
    /// `EXPLAIN SELECT ...`.
    case explain(ExplainStatement)
    /// `KILL`.
    case kill(Kill)
    /// `FLUSH`.
    case flush(Flush)
    /// `SHUTDOWN`.
    case shutdown
    /// `ALTER INSTANCE`.
    case alterInstance(AlterInstance)
    /// `CHECK TABLE` and its like.
    case maintenance(TableMaintenance)
    /// `CREATE USER`, `ALTER USER`.
    case createUser(CreateUser)
    /// `DROP USER`.
    case dropUser(AccountList)
    /// `RENAME USER`.
    case renameUsers(RenameUsers)
    /// `CREATE ROLE`.
    case createRole(AccountList)
    /// `DROP ROLE`.
    case dropRole(AccountList)
    /// `CREATE TOKEN`.
    case createToken(CreateToken)
    /// `DROP TOKEN`.
    case dropToken(DropToken)
    /// `CREATE SOURCE`, `ALTER SOURCE`.
    case createSource(CreateSource)
    /// `DROP SOURCE`.
    case dropSource(DropSource)
    /// `SET ROLE ...`, as upper-case text: `ALL`, `NONE`, `DEFAULT`, or the roles.
    case setRole(String)
    /// `GRANT`, `REVOKE`.
    case grant(Grant)
    /// `PREPARE`.
    case prepare(PrepareStatement)
    /// `EXECUTE`.
    case execute(ExecuteStatement)
    /// `DEALLOCATE PREPARE`, `DROP PREPARE`.
    case deallocate(Identifier)
    /// `HELP 'topic'`.
    case help(String)
}
