import BorealSQL

/// Reads a statement in each mode that changes the grammar. What prints must read again, and print
/// the same.
///
/// The first byte chooses the mode, the rest is the statement.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzParser(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let first = bytes.first else { return 0 }
    let modes: [SQLMode] = [
        [], [.ansiQuotes], [.noBackslashEscapes], [.pipesAsConcat, .highNotPrecedence],
    ]
    let text = Array(bytes.dropFirst())
    let options = ParserOptions(mode: modes[Int(first) % modes.count])
    // What does not parse has nothing to print.
    guard let printed = try? print(of: text, options) else { return 0 }
    do throws(SyntaxError) {
        guard try print(of: Array(printed.utf8), ParserOptions()) == printed else {
            fatalError("not printed as it was read: \(printed)")
        }
    } catch .tooDeep {
        // Signs in a row print with a pair of parentheses each.
        return 0
    } catch {
        fatalError("printed as what cannot be read, \(error): \(printed)")
    }
    return 0
}

/// The normal form of a statement that has one.
private func print(of text: [UInt8], _ options: ParserOptions) throws(SyntaxError) -> String? {
    let parsed = try StatementParser.parse(text, options: options)
    switch parsed.kind {
    case .model(let statement), .ambiguous(let statement, _): return statement.description
    case .ordinary(.query(let query)): return query.description
    case .ordinary: return nil
    }
}
