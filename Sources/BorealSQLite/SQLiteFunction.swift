import CSQLite

/// One call of a scalar or aggregate function of ours: its arguments, and where the answer goes.
///
/// Valid only inside the call.
public struct SQLiteCall {
    let context: OpaquePointer?
    let arguments: UnsafeMutablePointer<OpaquePointer?>?
    /// How many arguments there are.
    public let count: Int

    /// Storage class of an argument.
    @inline(__always)
    public func type(_ index: Int) -> SQLiteType {
        SQLiteType(rawValue: sqlite3_value_type(arguments?[index])) ?? .null
    }

    /// True when an argument is NULL.
    public func isNull(_ index: Int) -> Bool {
        sqlite3_value_type(arguments?[index]) == SQLITE_NULL
    }
    /// True when any argument is NULL.
    public var hasNull: Bool { (0..<count).contains { isNull($0) } }
    /// An argument as a whole number.
    public func int64(_ index: Int) -> Int64 { sqlite3_value_int64(arguments?[index]) }
    /// An argument as a real number.
    public func double(_ index: Int) -> Double { sqlite3_value_double(arguments?[index]) }

    /// The bytes of a text or blob argument, in place.
    public func bytes(_ index: Int) -> UnsafeRawBufferPointer {
        let value = arguments?[index]
        if sqlite3_value_type(value) == SQLITE_BLOB {
            let start = sqlite3_value_blob(value)
            return UnsafeRawBufferPointer(start: start, count: Int(sqlite3_value_bytes(value)))
        }
        let start = sqlite3_value_text(value)
        let count = Int(sqlite3_value_bytes(value))
        return UnsafeRawBufferPointer(start: start, count: start == nil ? 0 : count)
    }

    /// An argument as text.
    public func text(_ index: Int) -> String { String(decoding: bytes(index), as: UTF8.self) }

    /// An argument, whatever it is.
    public func value(_ index: Int) -> SQLiteValue {
        switch type(index) {
        case .null: .null
        case .integer: .integer(int64(index))
        case .real: .real(double(index))
        case .text: .text(text(index))
        case .blob: .blob(Array(bytes(index)))
        }
    }

    // MARK: - Answers

    /// Answers NULL.
    public func resultNull() { sqlite3_result_null(context) }
    /// Answers a whole number.
    public func result(_ value: Int64) { sqlite3_result_int64(context, value) }
    /// Answers a real number.
    public func result(_ value: Double) { sqlite3_result_double(context, value) }
    /// Answers 1 or 0.
    public func result(_ value: Bool) { sqlite3_result_int64(context, value ? 1 : 0) }
    /// Answers one of the arguments, unchanged.
    public func result(argument index: Int) { sqlite3_result_value(context, arguments?[index]) }

    /// Answers text.
    public func result(_ value: String) {
        var text = value
        text.withUTF8 { resultText(UnsafeRawBufferPointer($0)) }
    }

    /// Answers bytes that are UTF-8 text.
    public func resultText(_ bytes: UnsafeRawBufferPointer) {
        guard let start = bytes.baseAddress else {
            return boreal_sqlite_result_text(context, "", 0)
        }
        let characters = start.assumingMemoryBound(to: CChar.self)
        boreal_sqlite_result_text(context, characters, UInt64(bytes.count))
    }

    /// Answers a blob.
    public func result(_ value: [UInt8]) {
        value.withUnsafeBytes { bytes in
            guard let start = bytes.baseAddress else { return sqlite3_result_zeroblob(context, 0) }
            boreal_sqlite_result_blob(context, start, UInt64(bytes.count))
        }
    }

    /// Answers a value, whatever it is.
    public func result(_ value: SQLiteValue) {
        switch value {
        case .null: resultNull()
        case .integer(let number): result(number)
        case .real(let number): result(number)
        case .text(let text): result(text)
        case .blob(let bytes): result(bytes)
        }
    }

    /// Ends the statement because the answer would be too long (`SQLiteError.isTooBig`).
    public func failTooBig() { sqlite3_result_error_toobig(context) }

    /// Ends the statement with an error of this text.
    public func fail(_ message: String) {
        sqlite3_result_error(context, message, -1)
    }
}

/// What an aggregate function keeps for one group.
public protocol SQLiteAggregate: AnyObject {
    /// Takes one row.
    func step(_ call: SQLiteCall)
    /// Answers for the group. Called once, also for a group without rows.
    func finish(_ call: SQLiteCall)
}

/// An aggregate that also answers over the frame of a window, which moves from row to row.
public protocol SQLiteWindowAggregate: SQLiteAggregate {
    /// Takes back the oldest row of the frame.
    func inverse(_ call: SQLiteCall)
    /// Answers for the frame as it is; `finish` is called once more, at the end.
    func value(_ call: SQLiteCall)
}

/// Keeps a closure where C can point to it.
private final class FunctionBox {
    let body: @Sendable (SQLiteCall) -> Void
    init(_ body: @escaping @Sendable (SQLiteCall) -> Void) { self.body = body }
}

/// Keeps the maker of an aggregate's state where C can point to it.
private final class AggregateBox {
    let make: @Sendable () -> any SQLiteAggregate
    init(_ make: @escaping @Sendable () -> any SQLiteAggregate) { self.make = make }
}

/// Keeps a comparison where C can point to it.
private final class CollationBox {
    let compare: @Sendable (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Int
    init(_ compare: @escaping @Sendable (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Int) {
        self.compare = compare
    }
}

extension SQLiteConnection {
    /// Makes a scalar function known. A later one of the same name and count replaces it.
    ///
    /// - Parameters:
    ///   - argumentCount: -1 for any number.
    ///   - isDeterministic: equal arguments give equal answers within a statement, so SQLite may
    /// call
    ///     it once for constants and use it in indexes.
    public func addFunction(
        _ name: String,
        argumentCount: Int,
        isDeterministic: Bool = true,
        _ body: @escaping @Sendable (SQLiteCall) -> Void
    ) throws(SQLiteError) {
        let box = FunctionBox(body)
        registrations.append(box)
        let flags = SQLITE_UTF8 | (isDeterministic ? SQLITE_DETERMINISTIC : 0)
        let code = sqlite3_create_function_v2(
            handle,
            name,
            Int32(clamping: argumentCount),
            flags,
            Unmanaged.passUnretained(box).toOpaque(),
            { context, count, arguments in
                guard let data = sqlite3_user_data(context) else { return }
                let box = Unmanaged<FunctionBox>.fromOpaque(data).takeUnretainedValue()
                box.body(SQLiteCall(context: context, arguments: arguments, count: Int(count)))
            },
            nil,
            nil,
            nil
        )
        if code != SQLITE_OK { throw SQLiteError(handle, code, sql: name) }
    }

    /// Makes an aggregate function known; `make` gives the state of a new group.
    public func addAggregate(
        _ name: String,
        argumentCount: Int,
        _ make: @escaping @Sendable () -> any SQLiteAggregate
    ) throws(SQLiteError) {
        let box = AggregateBox(make)
        registrations.append(box)
        let code = sqlite3_create_function_v2(
            handle,
            name,
            Int32(clamping: argumentCount),
            SQLITE_UTF8 | SQLITE_DETERMINISTIC,
            Unmanaged.passUnretained(box).toOpaque(),
            nil,
            { context, count, arguments in
                guard let state = aggregateState(context, creating: true) else { return }
                state.step(SQLiteCall(context: context, arguments: arguments, count: Int(count)))
            },
            { context in
                let state = aggregateState(context, creating: false) ?? freshState(context)
                state?.finish(SQLiteCall(context: context, arguments: nil, count: 0))
                releaseState(context)
            },
            nil
        )
        if code != SQLITE_OK { throw SQLiteError(handle, code, sql: name) }
    }

    /// Makes an aggregate known that may be used with and without OVER.
    public func addWindow(
        _ name: String,
        argumentCount: Int,
        _ make: @escaping @Sendable () -> any SQLiteWindowAggregate
    ) throws(SQLiteError) {
        let box = AggregateBox(make)
        registrations.append(box)
        let code = sqlite3_create_window_function(
            handle,
            name,
            Int32(clamping: argumentCount),
            SQLITE_UTF8 | SQLITE_DETERMINISTIC,
            Unmanaged.passUnretained(box).toOpaque(),
            { context, count, arguments in
                guard let state = aggregateState(context, creating: true) else { return }
                state.step(SQLiteCall(context: context, arguments: arguments, count: Int(count)))
            },
            { context in
                let state = aggregateState(context, creating: false) ?? freshState(context)
                state?.finish(SQLiteCall(context: context, arguments: nil, count: 0))
                releaseState(context)
            },
            { context in
                let state = aggregateState(context, creating: false) ?? freshState(context)
                let call = SQLiteCall(context: context, arguments: nil, count: 0)
                (state as? any SQLiteWindowAggregate)?.value(call)
            },
            { context, count, arguments in
                guard let state = aggregateState(context, creating: true) else { return }
                let call = SQLiteCall(context: context, arguments: arguments, count: Int(count))
                (state as? any SQLiteWindowAggregate)?.inverse(call)
            },
            nil
        )
        if code != SQLITE_OK { throw SQLiteError(handle, code, sql: name) }
    }

    /// Makes a collation known: negative, zero or positive, a total order.
    public func addCollation(
        _ name: String,
        _ compare: @escaping @Sendable (UnsafeRawBufferPointer, UnsafeRawBufferPointer) -> Int
    ) throws(SQLiteError) {
        let box = CollationBox(compare)
        registrations.append(box)
        let code = sqlite3_create_collation_v2(
            handle,
            name,
            SQLITE_UTF8,
            Unmanaged.passUnretained(box).toOpaque(),
            { data, leftCount, left, rightCount, right in
                guard let data else { return 0 }
                let box = Unmanaged<CollationBox>.fromOpaque(data).takeUnretainedValue()
                let order = box.compare(
                    UnsafeRawBufferPointer(start: left, count: Int(leftCount)),
                    UnsafeRawBufferPointer(start: right, count: Int(rightCount))
                )
                return Int32(order.signum())
            },
            nil
        )
        if code != SQLITE_OK { throw SQLiteError(handle, code, sql: name) }
    }
}

/// The slot that SQLite keeps for a group: one retained pointer, zero until the first row.
private typealias StateSlot = UnsafeMutablePointer<UnsafeMutableRawPointer?>

private func slot(_ context: OpaquePointer?, creating: Bool) -> StateSlot? {
    let size = creating ? Int32(MemoryLayout<UnsafeMutableRawPointer?>.size) : 0
    return sqlite3_aggregate_context(context, size)?
        .assumingMemoryBound(to: UnsafeMutableRawPointer?.self)
}

private func freshState(_ context: OpaquePointer?) -> (any SQLiteAggregate)? {
    guard let data = sqlite3_user_data(context) else { return nil }
    return Unmanaged<AggregateBox>.fromOpaque(data).takeUnretainedValue().make()
}

/// Holds an existential aggregate behind one pointer.
private final class StateBox {
    let aggregate: any SQLiteAggregate
    init(_ aggregate: any SQLiteAggregate) { self.aggregate = aggregate }
}

private func aggregateState(
    _ context: OpaquePointer?,
    creating: Bool
) -> (any SQLiteAggregate)? {
    guard let slot = slot(context, creating: creating) else { return nil }
    if let known = slot.pointee {
        return Unmanaged<StateBox>.fromOpaque(known).takeUnretainedValue().aggregate
    }
    guard creating, let fresh = freshState(context) else { return nil }
    slot.pointee = Unmanaged.passRetained(StateBox(fresh)).toOpaque()
    return fresh
}

private func releaseState(_ context: OpaquePointer?) {
    guard let slot = slot(context, creating: false), let known = slot.pointee else { return }
    Unmanaged<StateBox>.fromOpaque(known).release()
    slot.pointee = nil
}
