import BorealBase
import BorealWire

/// A client's first bytes, framed or not. Nobody but `anna`, who has no password, may get in.
///
/// The first byte says how many of the bytes come with each read of the socket.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzHandshake(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let first = bytes.first else { return 0 }
    var driver = WireDriver()
    var rest = bytes.dropFirst()
    while !rest.isEmpty, !driver.isOver {
        driver.receive(Array(rest.prefix(Int(first) + 1)))
        rest = rest.dropFirst(Int(first) + 1)
    }
    guard driver.admitted.allSatisfy({ $0 == "anna" }) else {
        fatalError("a stranger got in: \(driver.admitted)")
    }
    return 0
}
