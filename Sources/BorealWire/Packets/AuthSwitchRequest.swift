public import BorealBase

/// Asks the client to answer a challenge with another plugin (the manual's
/// `Protocol::AuthSwitchRequest`).
public struct AuthSwitchRequest: Equatable, Sendable {
    /// `plugin name` (string<NUL>).
    public var plugin: AuthPlugin
    /// `auth plugin data` (string<EOF>): the challenge, followed by a NUL as all servers send it.
    public var nonce: [UInt8]

    /// - Parameter nonce: 20 bytes without a zero.
    public init(plugin: AuthPlugin, nonce: [UInt8]) {
        self.plugin = plugin
        self.nonce = nonce
    }

    /// Appends the payload.
    public func encode(into output: inout ByteBuffer) {
        output.append(0xfe)
        output.append(nulTerminated: plugin.rawValue)
        output.append(contentsOf: nonce)
        output.append(0)
    }
}
