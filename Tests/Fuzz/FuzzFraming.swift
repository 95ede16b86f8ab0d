import BorealBase
import BorealWire

/// What a logged-in client sends, in one piece and in pieces: the same commands and the same bytes
/// come of it wherever it is cut. The same again for compressed frames, whose answers are cut into
/// frames as they happen to be written.
///
/// The first byte says where it is cut.
@_cdecl("LLVMFuzzerTestOneInput")
public func fuzzFraming(_ start: UnsafePointer<UInt8>?, _ count: Int) -> CInt {
    let bytes = Array(UnsafeBufferPointer(start: start, count: count))
    guard let first = bytes.first else { return 0 }
    let sent = Array(bytes.dropFirst())
    let step = Int(first) + 1
    compare(sent, step, isCompressed: false)
    compare(sent, step, isCompressed: true)
    return 0
}

private func compare(_ sent: [UInt8], _ step: Int, isCompressed: Bool) {
    let flags = isCompressed ? CapabilityFlags.compress.rawValue : 0
    var whole = WireDriver.loggedIn(flags)
    whole.receive(sent)
    var pieces = WireDriver.loggedIn(flags)
    var rest = sent[...]
    while !rest.isEmpty {
        pieces.receive(Array(rest.prefix(step)))
        rest = rest.dropFirst(step)
    }
    guard whole.trace == pieces.trace else {
        fatalError("cut every \(step): \(whole.trace) became \(pieces.trace)")
    }
    guard isCompressed || whole.output.bytes == pieces.output.bytes,
        whole.isOver == pieces.isOver
    else { fatalError("cut every \(step): other answers") }
}
