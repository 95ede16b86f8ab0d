import BorealCatalog
import BorealTables

/// What a right is about, and how the registry spells it: as SQL does, except for everything.
enum GrantObject: Hashable {
    case everything
    /// A database; `%` and `_` in its name stand for other characters.
    case database(String)
    case table(String, String)
    /// Its name in lower case.
    case model(String)
    case allModels

    /// `*.*`, `` `d`.* ``, `` `d`.`t` ``, `` MODEL `m` ``, `MODEL *`.
    var sql: String {
        switch self {
        case .everything: "*.*"
        case .database(let name): "\(Self.quoted(name)).*"
        case .table(let database, let name): "\(Self.quoted(database)).\(Self.quoted(name))"
        case .model(let name): "MODEL \(Self.quoted(name))"
        case .allModels: "MODEL *"
        }
    }

    /// As `Right.object` holds it.
    var stored: String { self == .everything ? "" : sql }

    /// Reads what `stored` gives; nil for anything else.
    init?(stored text: String) {
        if text.isEmpty {
            self = .everything
        } else if text == "MODEL *" {
            self = .allModels
        } else if text.hasPrefix("MODEL ") {
            var rest = text.dropFirst(6)
            guard let name = Self.takeName(&rest), rest.isEmpty else { return nil }
            self = .model(name)
        } else {
            var rest = text[...]
            guard let database = Self.takeName(&rest), rest.first == "." else { return nil }
            rest = rest.dropFirst()
            if rest == "*" {
                self = .database(database)
            } else {
                guard let table = Self.takeName(&rest), rest.isEmpty else { return nil }
                self = .table(database, table)
            }
        }
    }

    private static func quoted(_ name: String) -> String {
        "`" + name.replacing("`", with: "``") + "`"
    }

    /// A name in back quotes, in which a back quote stands twice.
    private static func takeName(_ text: inout Substring) -> String? {
        guard text.first == "`" else { return nil }
        var name = ""
        var place = text.index(after: text.startIndex)
        while place < text.endIndex {
            let next = text.index(after: place)
            if text[place] == "`" {
                guard next < text.endIndex, text[next] == "`" else {
                    text = text[next...]
                    return name
                }
                place = next
            }
            name.append(text[place])
            place = text.index(after: place)
        }
        return nil
    }
}

extension AccountRights {
    /// What an account may do; nothing at all when there is no account any more.
    init(_ account: Account?, name: BorealCatalog.AccountName, clientHost: String) {
        self.init(user: name.user, host: name.host, clientHost: clientHost)
        guard let account else { return }
        var server: Privileges = []
        for right in account.rights {
            guard let object = GrantObject(stored: right.object) else { continue }
            let privilege = Privileges(word: right.name)
            switch object {
            case .everything:
                if right.name == Self.everything {
                    server.formUnion(Privileges.all.union(.grantOption))
                    dynamic.formUnion(Self.dynamicWords)
                } else if let privilege {
                    server.formUnion(privilege)
                } else {
                    dynamic.insert(right.name)
                }
            case .database(let name): add(privilege ?? [], database: name)
            case .table(let database, let table):
                add(privilege ?? [], database: database, table: table)
            case .model(let name) where right.name == "PREDICT": models.insert(name)
            case .allModels where right.name == "PREDICT": dynamic.insert("PREDICT")
            case .model, .allModels: break
            }
        }
        setServer(server)
    }

    /// The right that the first account is made with: all there are, with GRANT OPTION.
    static let everything = "ALL"
}

extension Account {
    /// The account with the one right for all written out, so that one of them can be taken away.
    var expandedRights: Set<Right> {
        var rights = rights
        guard rights.remove(Right(AccountRights.everything)) != nil else { return rights }
        for word in Privileges.all.words + ["GRANT OPTION"] { rights.insert(Right(word)) }
        for word in AccountRights.dynamicWords where word != "PREDICT" {
            rights.insert(Right(word))
        }
        rights.insert(Right("PREDICT", on: GrantObject.allModels.stored))
        return rights
    }
}
