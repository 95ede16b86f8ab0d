import BorealBase

/// One change of the session that an OK packet reports (the manual's "Session State Information").
public enum SessionChange: Equatable, Sendable {
    /// `SESSION_TRACK_SYSTEM_VARIABLES`.
    case systemVariable(name: String, value: String)
    /// `SESSION_TRACK_SCHEMA`: the new default database.
    case schema(String)
    /// `SESSION_TRACK_STATE_CHANGE`: something changed that a proxy could not restore.
    case state(isChanged: Bool)
    /// `SESSION_TRACK_TRANSACTION_CHARACTERISTICS`: statements that begin the same transaction
    /// again.
    case transactionCharacteristics(String)
    /// `SESSION_TRACK_TRANSACTION_STATE`: eight characters, `T_______` in a transaction.
    case transactionState(String)

    /// Appends type and data.
    func encode(into output: inout ByteBuffer) {
        var data = ByteBuffer()
        switch self {
        case .systemVariable(let name, let value):
            output.append(0x00)
            data.append(lengthEncoded: name)
            data.append(lengthEncoded: value)
        case .schema(let name):
            output.append(0x01)
            data.append(lengthEncoded: name)
        case .state(let isChanged):
            output.append(0x02)
            data.append(lengthEncoded: isChanged ? "1" : "0")
        case .transactionCharacteristics(let statements):
            output.append(0x04)
            data.append(lengthEncoded: statements)
        case .transactionState(let state):
            output.append(0x05)
            data.append(lengthEncoded: state)
        }
        data.withUnsafeBytes { output.append(lengthEncoded: $0) }
    }

    /// Reads the next change; nil for one of a type that is not known here.
    init?(reading reader: inout PayloadReader) throws(WireError) {
        let type = try reader.byte("type")
        var data = PayloadReader(
            try reader.lengthEncodedBytes("data"),
            packet: "OK_Packet"
        )
        guard type == 0x00 || type == 0x01 || type == 0x02 || type == 0x04 || type == 0x05 else {
            return nil
        }
        let first = String(wire: try data.lengthEncodedBytes("data"))
        switch type {
        case 0x00:
            // A variable that may be NULL and is has no value.
            let value = data.isAtEnd ? "" : String(wire: try data.lengthEncodedBytes("value"))
            self = .systemVariable(name: first, value: value)
        case 0x01: self = .schema(first)
        case 0x02: self = .state(isChanged: first == "1")
        case 0x04: self = .transactionCharacteristics(first)
        default: self = .transactionState(first)
        }
    }
}
