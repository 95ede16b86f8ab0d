import BorealBase
import BorealCatalog
import BorealRemote
import BorealSQL
import BorealTables

/// `CALL boreal_ai.set_budget('user'|'model', name, 'tokens'|'cost', limit, 'day'|'month')`: what
/// may be used in a day or a month (UTC). NULL and 0 take the budget away.
struct BudgetProcedure {
    let session: ClientSession

    private static let database = "boreal_ai"
    private static let name = "set_budget"
    private static let form =
        "boreal_ai.set_budget('user'|'model', name, 'tokens'|'cost', limit, 'day'|'month')"

    private var catalog: Catalog { session.engine.catalog }

    /// True for a call of a procedure of ours.
    func isMeant(by call: CallStatement) -> Bool {
        let database = call.name.database?.name ?? session.tables.database ?? ""
        return database.asciiLowercased == Self.database
            && call.name.name.name.asciiLowercased == Self.name
    }

    /// - Throws: `ServerError` 1227 without SYSTEM_ADMIN, 9055 for a bad argument, 9053 for an
    ///   unknown model.
    func run(_ values: [TableValue]) throws(ServerError) {
        guard session.tables.rights.holdsAny([], "SYSTEM_ADMIN") else {
            throw .rightNeeded("SYSTEM_ADMIN")
        }
        guard values.count == 5 else { throw .invalidOption(Self.name, "the call is \(Self.form)") }
        let scope = try word(values[0], "scope", ["user", "model"])
        let unit = try word(values[2], "unit", ["tokens", "cost"])
        let period = try word(values[4], "period", ["day", "month"])
        guard let given = values[1].text, !given.isEmpty else {
            throw .invalidOption("name", "the name of the \(scope) is missing")
        }
        let limit = try limit(values[3])
        let name = scope == "user" ? try user(given, limit) : try model(given, unit, limit)
        guard let unit = UsageBudget.Unit(rawValue: unit),
            let period = UsageBudget.Period(rawValue: period),
            let owner = UsageBudgets.Owner(scope: scope, name: name)
        else { throw .internalError("a budget of \(scope)") }
        let key = BudgetRecord.Key(
            scope: scope,
            name: name,
            unit: unit.rawValue,
            period: period.rawValue
        )
        do throws(CatalogError) {
            try catalog.update { (change) throws(CatalogError) in
                if let limit {
                    try change.setBudget(BudgetRecord(key: key, limit: limit))
                } else {
                    try change.removeBudget(key)
                }
            }
        } catch {
            throw ServerError(error)
        }
        session.engine.remote.applyBudget(
            unit,
            period,
            for: owner,
            limit: limit
        )
    }

    private func word(
        _ value: TableValue,
        _ name: String,
        _ words: [String]
    ) throws(ServerError) -> String {
        let given = value.text?.asciiLowercased ?? ""
        guard words.contains(given) else {
            let listed = words.map { "'\($0)'" }.joined(separator: " or ")
            throw .invalidOption(name, "\(listed) is expected; the call is \(Self.form)")
        }
        return given
    }

    /// Nil takes the budget away.
    private func limit(_ value: TableValue) throws(ServerError) -> Double? {
        guard let text = value.text else { return nil }
        guard let number = Double(text), (0...1e15).contains(number) else {
            throw .invalidOption("limit", "a number from 0 to 1e15 is expected")
        }
        return number > 0 ? number : nil
    }

    /// `user@host` of an account; a name alone means the one account of that name, that of `%`
    /// before others. Budgets of accounts that are gone can be taken away.
    private func user(_ given: String, _ limit: Double?) throws(ServerError) -> String {
        let named = AccountName(plain: given.contains("@") ? given : given + "@%")
        if catalog.snapshot.account(named) != nil { return named.plain }
        let namesakes = catalog.snapshot.accounts.filter { $0.name.user == given }
        if namesakes.count == 1 { return namesakes[0].name.plain }
        if limit == nil { return named.plain }
        throw .invalidOption(
            "name",
            namesakes.isEmpty
                ? "there is no user '\(given)'"
                : "'\(given)' has several accounts; write user@host"
        )
    }

    private func model(
        _ given: String,
        _ unit: String,
        _ limit: Double?
    ) throws(ServerError) -> String {
        guard limit != nil else { return given.asciiLowercased }
        let bound = try session.engine.models.resolve(given)
        guard bound.version.modelClass == ModelClass.remote else {
            throw .unsupported("a budget of a model that is not remote")
        }
        do throws(RemoteModelError) {
            let options = try RemoteGateway.record(of: bound).options
            guard unit == "tokens" || options.priceIn != nil || options.priceOut != nil else {
                throw RemoteModelError(
                    .config,
                    "a budget of cost needs a price: give the model price_in or price_out"
                )
            }
        } catch {
            throw ServerError(remote: error, of: bound)
        }
        return bound.model.key
    }
}
