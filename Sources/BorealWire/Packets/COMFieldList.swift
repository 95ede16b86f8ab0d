/// Asks for the columns of a table (the manual's `COM_FIELD_LIST`).
public struct COMFieldList: Equatable, Sendable {
    /// `table` (string<NUL>).
    public var table: String
    /// `wildcard` (string<EOF>): a LIKE pattern for column names; empty for all.
    public var wildcard: String

    /// A command with both fields.
    public init(table: String, wildcard: String) {
        self.table = table
        self.wildcard = wildcard
    }

    init(
        decoding body: UnsafeRawBufferPointer,
        characterSet: SingleByteSet? = nil
    ) throws(WireError) {
        var reader = PayloadReader(body, packet: "COM_FIELD_LIST", characterSet: characterSet)
        let name = try reader.nulTerminated("table")
        // Some clients end the pattern with a NUL too.
        let pattern = reader.nulTerminatedOrRest()
        table = reader.text(name)
        wildcard = reader.text(pattern)
    }
}
