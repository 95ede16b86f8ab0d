import BorealBase

/// Definitions as JSON, which is how they lie in the database file. Missing members take their
/// defaults, so that a newer version reads what an older one wrote.
extension StoredTable {
    /// The whole definition.
    var json: JSON {
        let members: [(key: String, value: JSON)] = [
            ("storage", .string(storageName)),
            ("columns", .array(columns.map(\.json))),
            ("indexes", .array(indexes.map(\.json))),
            ("engine", .string(engine)), ("collation", .string(collation)),
            ("comment", .string(comment)), ("start", .string(String(autoIncrementStart))),
            ("view", viewQuery.map { .string($0) } ?? .null),
            ("view_database", viewDatabase.map { .string($0) } ?? .null),
            ("version", .integer(version)), ("created", .integer(created.microseconds)),
            ("foreign_keys", .array(foreignKeys.map(\.json))),
            ("checks", .array(checks.map(\.json))),
            ("check_option", .bool(hasCheckOption)),
            ("options", .array(options.map { .string($0) })),
        ]
        return .object(members + (writer.isEmpty ? [] : [("writer", .string(writer))]))
    }

    /// Reads what `json` wrote.
    init?(database: String, name: String, json: JSON) {
        self.init(database: database, name: name)
        guard let storage = json["storage"]?.string, let columns = json["columns"]?.array else {
            return nil
        }
        storageName = storage
        self.columns = columns.compactMap { StoredColumn(json: $0) }
        indexes = (json["indexes"]?.array ?? []).compactMap { StoredIndex(json: $0) }
        guard self.columns.count == columns.count else { return nil }
        engine = json["engine"]?.string ?? engine
        collation = json["collation"]?.string ?? collation
        comment = json["comment"]?.string ?? ""
        autoIncrementStart = json["start"]?.string.flatMap { UInt64($0) } ?? 1
        viewQuery = json["view"]?.string
        viewDatabase = json["view_database"]?.string
        version = json["version"]?.integer ?? 0
        created = Instant(microseconds: json["created"]?.integer ?? 0)
        for entry in json["foreign_keys"]?.array ?? [] {
            guard let key = StoredForeignKey(json: entry) else { return nil }
            foreignKeys.append(key)
        }
        for entry in json["checks"]?.array ?? [] {
            guard let check = StoredCheck(json: entry) else { return nil }
            checks.append(check)
        }
        hasCheckOption = json["check_option"]?.bool ?? false
        options = (json["options"]?.array ?? []).compactMap(\.string)
        writer = json["writer"]?.string ?? ""
    }
}

extension StoredColumn {
    var json: JSON {
        var members: [(key: String, value: JSON)] = [
            ("name", .string(name)), ("type", type.json), ("nullable", .bool(isNullable)),
        ]
        switch defaultValue {
        case nil: break
        case .null: members.append(("default", .null))
        case .literal(let text): members.append(("default", .string(text)))
        case .currentTimestamp: members.append(("default", .bool(true)))
        case .expression(let text): members.append(("default_expression", .string(text)))
        }
        if let generated {
            members.append(("generated", .string(generated.expression)))
            members.append(("stored", .bool(generated.isStored)))
        }
        if isInvisible { members.append(("invisible", .bool(true))) }
        if updatesToNow { members.append(("on_update", .bool(true))) }
        if isAutoIncrement { members.append(("auto", .bool(true))) }
        if !comment.isEmpty { members.append(("comment", .string(comment))) }
        return .object(members)
    }

    init?(json: JSON) {
        guard let name = json["name"]?.string, let type = json["type"],
            let stored = StoredType(json: type)
        else { return nil }
        self.init(name, stored)
        isNullable = json["nullable"]?.bool ?? true
        if let value = json["default"] {
            defaultValue =
                value.string.map { .literal($0) }
                ?? (value.bool == true ? .currentTimestamp : .null)
        }
        if let text = json["default_expression"]?.string { defaultValue = .expression(text) }
        if let text = json["generated"]?.string {
            generated = StoredGenerated(
                expression: text,
                isStored: json["stored"]?.bool ?? false
            )
        }
        isInvisible = json["invisible"]?.bool ?? false
        updatesToNow = json["on_update"]?.bool ?? false
        isAutoIncrement = json["auto"]?.bool ?? false
        comment = json["comment"]?.string ?? ""
    }
}

extension StoredType {
    var json: JSON {
        var members: [(key: String, value: JSON)] = [("base", .string(base.rawValue))]
        if isUnsigned { members.append(("unsigned", .bool(true))) }
        if isZerofill { members.append(("zerofill", .bool(true))) }
        if let length { members.append(("length", .integer(Int64(length)))) }
        if let decimals { members.append(("decimals", .integer(Int64(decimals)))) }
        if !self.members.isEmpty {
            members.append(("members", .array(self.members.map { .string($0) })))
        }
        if let collation { members.append(("collation", .string(collation))) }
        return .object(members)
    }

    init?(json: JSON) {
        guard let base = json["base"]?.string.flatMap({ Base(rawValue: $0) }) else { return nil }
        self.init(base)
        isUnsigned = json["unsigned"]?.bool ?? false
        isZerofill = json["zerofill"]?.bool ?? false
        length = json["length"]?.integer.flatMap { Int(exactly: $0) }
        decimals = json["decimals"]?.integer.flatMap { Int(exactly: $0) }
        members = (json["members"]?.array ?? []).compactMap(\.string)
        collation = json["collation"]?.string
    }
}

extension StoredIndex {
    var json: JSON {
        .object([
            ("name", .string(name)), ("kind", .string(kind.rawValue)),
            ("comment", .string(comment)), ("invisible", .bool(isInvisible)),
            ("implicit", .bool(isImplicit)),
            ("algorithm", algorithm.map { .string($0) } ?? .null),
            (
                "parts",
                .array(
                    parts.map { part in
                        .object([
                            ("column", .string(part.column)),
                            ("prefix", part.prefix.map { .integer(Int64($0)) } ?? .null),
                            ("descending", .bool(part.isDescending)),
                        ])
                    }
                )
            ),
        ])
    }

    init?(json: JSON) {
        guard let name = json["name"]?.string,
            let kind = json["kind"]?.string.flatMap({ Kind(rawValue: $0) }),
            let parts = json["parts"]?.array
        else { return nil }
        self.init(name: name, kind: kind, parts: [])
        comment = json["comment"]?.string ?? ""
        isInvisible = json["invisible"]?.bool ?? false
        isImplicit = json["implicit"]?.bool ?? false
        algorithm = json["algorithm"]?.string
        for part in parts {
            guard let column = part["column"]?.string else { return nil }
            let prefix = part["prefix"]?.integer.flatMap { Int(exactly: $0) }
            let isDescending = part["descending"]?.bool ?? false
            self.parts.append(Part(column: column, prefix: prefix, isDescending: isDescending))
        }
    }
}

extension StoredForeignKey {
    var json: JSON {
        .object([
            ("name", .string(name)), ("columns", .array(columns.map { .string($0) })),
            ("parent_database", .string(parentDatabase)), ("parent", .string(parentTable)),
            ("parent_columns", .array(parentColumns.map { .string($0) })),
            ("on_delete", .string(onDelete.rawValue)), ("on_update", .string(onUpdate.rawValue)),
        ])
    }

    init?(json: JSON) {
        guard let name = json["name"]?.string, let database = json["parent_database"]?.string,
            let parent = json["parent"]?.string, let columns = json["columns"]?.array,
            let parentColumns = json["parent_columns"]?.array,
            columns.count == parentColumns.count,
            let onDelete = json["on_delete"]?.string.flatMap({ Action(rawValue: $0) }),
            let onUpdate = json["on_update"]?.string.flatMap({ Action(rawValue: $0) })
        else { return nil }
        self.init(
            name: name,
            columns: columns.compactMap(\.string),
            parentDatabase: database,
            parentTable: parent,
            parentColumns: parentColumns.compactMap(\.string),
            onDelete: onDelete,
            onUpdate: onUpdate
        )
    }
}

extension StoredCheck {
    var json: JSON {
        .object([
            ("name", .string(name)), ("expression", .string(expression)),
            ("enforced", .bool(isEnforced)),
        ])
    }

    init?(json: JSON) {
        guard let name = json["name"]?.string, let text = json["expression"]?.string else {
            return nil
        }
        self.init(name: name, expression: text, isEnforced: json["enforced"]?.bool ?? true)
    }
}
