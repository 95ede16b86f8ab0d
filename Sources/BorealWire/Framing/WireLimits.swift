/// Bounds of the protocol and of what a client may make the server keep.
public enum WireLimits {
    /// Bytes of payload in one packet on the wire; a payload that reaches it goes on in the next
    /// packet.
    public static let framePayloadBytes = 0xff_ffff
    /// Bytes in front of each packet's payload: length (3) and sequence id (1).
    public static let frameHeaderBytes = 4
    /// Bytes of one packet before the account is known. Connection attributes may take 64 KiB of
    /// it.
    public static let loginPacketBytesMax = 128 << 10
    /// Attributes of one connection.
    public static let connectAttributesMax = 512
    /// Bytes that may wait behind a running command. A driver stops reading at this mark.
    public static let pipelinedBytesMax = 1 << 20
    /// Bytes above `pipelinedBytesMax` that a read already under way may add.
    public static let pipelinedSlackBytes = 1 << 20
    /// Bytes of a password, as MySQL bounds it: its cost in SHA-crypt grows with its length.
    public static let passwordBytesMax = 256
    /// Bytes of an authentication answer; an RSA-4096 block is 512.
    public static let authenticationAnswerBytesMax = 1_024
    /// Bytes of an error's sentence on the wire; clients keep a buffer of this size.
    public static let errorMessageBytesMax = 512
    /// Bytes of default `max_allowed_packet`: 64 MiB, as MySQL 8.0.
    public static let maxAllowedPacketDefault = 64 << 20
    /// Bytes in front of a compressed frame's payload: length (3), sequence id (1), length before
    /// compression (3).
    static let compressedHeaderBytes = 7
    /// Bytes below which a frame is not worth compressing.
    public static let compressedBytesMin = 50
    /// Bytes before compression of the largest frame that is made: the most there can be, as
    /// mysql-connector-python believes that a packet lies in two frames at most.
    public static let compressedFrameBytes = 0xff_ffff
    /// Bytes of a client's frame that are unpacked on the loop; larger ones are a worker's.
    public static let unpackedHereBytesMax = 32 << 10
    /// Bytes of a client's file that are handed on at once, when they are there; one packet may be
    /// longer.
    public static let filePartBytes = 256 << 10
    /// Commands of one client that are taken before all others on the loop had a turn.
    public static let commandsPerTurnMax = 1_024
    /// Parameters and attributes of one statement.
    public static let parametersMax = 65_535
    /// Memory an idle connection may keep for its next packet.
    public static let idleBufferBytesMax = 16 << 10
    /// Changes of a session that one OK packet of a server may report.
    static let sessionChangesMax = 1_024
    /// Columns of a server's result, as MySQL bounds them.
    static let columnsMax = 4_096
    /// Packets that a server may send before its login's OK.
    static let loginPacketsMax = 16
    /// Bytes of a server's packet: a row of two of the largest cells.
    package static let answerPacketBytesMax = 128 << 20
    /// Bits of a server's RSA key: encrypting with a longer one would hold up a loop.
    static let rsaBitsMax = 4_096
    /// Where ids of this server's statements and connections begin when another server gives ids
    /// to the same client: far above those.
    public static let ownStatementIDsStart: UInt32 = 1 << 30
    /// Where ids of statements begin that sources by name have prepared: each numbers its own, so
    /// the client gets numbers of ours for them.
    public static let namedStatementIDsStart: UInt32 = 1 << 31
}
