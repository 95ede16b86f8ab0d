import BorealBase
import BorealWire

/// Commands of prepared statements with any bytes behind their first: values of every type,
/// bitmaps, lengths, attributes, data sent ahead. Each is read or refused, and the connection
/// lives.
///
/// The first byte chooses how many parameters there are and whether attributes may come; then comes
/// one command after the other, each behind a byte with its length.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzExecute(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let first = bytes.first else { return 0 }
    var driver = WireDriver.loggedIn(
        first & 0x80 == 0 ? 0 : CapabilityFlags.queryAttributes.rawValue
    )
    driver.command([0x16] + [UInt8](repeating: UInt8(ascii: "?"), count: Int(first & 0x1F)))
    var rest = bytes.dropFirst()
    while let length = rest.first {
        let body = Array(rest.dropFirst().prefix(Int(length)))
        // COM_STMT_EXECUTE with the id of the statement, unless the byte says another command.
        switch body.first.map({ $0 & 7 }) {
        case 1: driver.command([0x18] + body.dropFirst())
        case 2: driver.command([0x1A] + body.dropFirst())
        case 3: driver.command([0x1C] + body.dropFirst())
        default: driver.command([0x17, 1, 0, 0, 0] + body.dropFirst())
        }
        rest = rest.dropFirst(Int(length) + 1)
    }
    guard !driver.isOver else { fatalError("a command ended the connection") }
    return 0
}
