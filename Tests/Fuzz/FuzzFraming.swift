import BorealBase
import BorealWire

/// What a logged-in client sends, in one piece and in pieces: the same commands and the same bytes
/// come of it wherever it is cut.
///
/// The first byte says where it is cut.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFraming(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let first = bytes.first else { return 0 }
    let sent = Array(bytes.dropFirst())
    var whole = WireDriver.loggedIn()
    whole.receive(sent)
    var pieces = WireDriver.loggedIn()
    var rest = sent[...]
    let step = Int(first) + 1
    while !rest.isEmpty {
        pieces.receive(Array(rest.prefix(step)))
        rest = rest.dropFirst(step)
    }
    guard whole.trace == pieces.trace else {
        fatalError("cut every \(step): \(whole.trace) became \(pieces.trace)")
    }
    guard whole.output.bytes == pieces.output.bytes, whole.isOver == pieces.isOver else {
        fatalError("cut every \(step): other answers")
    }
    return 0
}
