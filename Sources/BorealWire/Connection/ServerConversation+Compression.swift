public import BorealBase

/// Compressed frames around the packets, from the login's OK on.
extension ServerConversation {
    /// What packets are compressed with now; nil when they are not.
    public var compression: WireCompression? { frames == nil ? nil : agreedCompression }

    /// What this login asks for, of what was offered; zlib before zstd, as MySQL has it.
    func agreed(_ login: HandshakeResponse41) throws(WireError) -> WireCompression? {
        if login.capabilities.contains(.compress) { return .zlib }
        guard login.capabilities.contains(.zstdCompression) else { return nil }
        let level = Int32(login.zstdLevel ?? 0)
        guard WireCompression.zstdLevels.contains(level) else {
            throw .wrongCompressionLevel(Int(level))
        }
        return .zstd(level: level)
    }

    /// The login's OK is written, and everything behind it is compressed.
    mutating func beginCompression(behind end: Int) {
        guard let agreedCompression else { return }
        sealStart = end
        var frames = FrameReader(agreedCompression.algorithm)
        // A client in a hurry has sent its first command already.
        reader.takeRest().withUnsafeBytes { frames.receive($0) }
        self.frames = frames
        reader.checksSequenceIDs = false
    }

    /// Makes frames of the bytes from `start` on: of what a driver wrote between two polls. Short
    /// answers only, as it takes time.
    public mutating func seal(_ output: inout ByteBuffer, from start: Int) {
        guard let compression else { return }
        compression.seal(&output, from: start)
        WireCompression.number(&output, from: start, &frameSequenceID)
        if continuesFrames { frames?.nextSequenceID = frameSequenceID }
    }

    /// Numbers frames that a worker made, as part of the running answer.
    public mutating func number(_ frames: inout ByteBuffer) {
        guard compression != nil else { return }
        WireCompression.number(&frames, &frameSequenceID)
    }

    /// Takes a frame of the client's, when the packets of those before are used up.
    mutating func nextFrame() throws(WireError) -> Step {
        guard var frames else { return .wait }
        // Moved out and back, so that the bytes are not copied.
        self.frames = nil
        defer { self.frames = frames }
        switch try frames.next(&reader) {
        case .nothing: return .wait
        case .stored: return .again
        case .packed(let frame):
            if frame.plainBytes <= WireLimits.unpackedHereBytesMax {
                try frame.unpacked().withUnsafeBytes { reader.receive($0) }
                return .again
            }
            isUnpacking = true
            return .action(.unpack(frame))
        }
    }

    /// A worker has unpacked a frame.
    mutating func frameCompleted(_ completion: Completion) throws(WireError) -> Step {
        guard case .unpacked(let result) = completion else {
            throw .unexpectedCompletion(completion.name)
        }
        isUnpacking = false
        try result.get().withUnsafeBytes { reader.receive($0) }
        return .again
    }
}
