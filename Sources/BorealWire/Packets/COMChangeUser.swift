/// Logs in again on a connection that stays (the manual's `COM_CHANGE_USER`).
struct COMChangeUser: Equatable, Sendable {
    /// `user` (string<NUL>), the first characters of a long one.
    var userName: String
    /// `auth_plugin_data` (1 byte length, then bytes).
    var authResponse: [UInt8]
    /// `schema_name` (string<NUL>); nil when empty.
    var database: String?
    /// `character_set` (2); nil when the packet ends before it.
    var collation: Collation?
    /// `auth_plugin_name` (string<NUL>), with `CLIENT_PLUGIN_AUTH`; nil when absent or empty.
    var authPlugin: String?
    /// Keys and values, with `CLIENT_CONNECT_ATTRS`.
    var attributes = ConnectAttributes()

    init(
        decoding body: UnsafeRawBufferPointer,
        capabilities: CapabilityFlags
    ) throws(WireError) {
        var reader = PayloadReader(body, packet: "COM_CHANGE_USER")
        let user = try reader.nulTerminated("user")
        userName = reader.userName(user)
        if capabilities.contains(.secureConnection) {
            let count = try reader.byte("auth_plugin_data_len")
            authResponse = Array(try reader.bytes(UInt64(count), "auth_plugin_data"))
        } else {
            authResponse = Array(try reader.nulTerminated("auth_plugin_data"))
        }
        let name = reader.nulTerminatedOrRest()
        database = name.isEmpty ? nil : reader.text(name)
        guard reader.remaining >= 2 else { return }
        let collation = Collation(id: UInt16(try reader.integer(2, "character_set")))
        self.collation = collation
        // What stands in front of it is written in it too.
        reader.characterSet = ClientTexts(collation).client
        userName = reader.text(user)
        if database != nil { database = reader.text(name) }
        if capabilities.contains(.pluginAuth) {
            let plugin = String(wire: reader.nulTerminatedOrRest())
            authPlugin = plugin.isEmpty ? nil : plugin
        }
        if capabilities.contains(.connectAttributes) {
            attributes = try .read(&reader, packet: "COM_CHANGE_USER")
        }
    }
}
