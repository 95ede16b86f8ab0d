import BorealBase

/// How far a client's login, or a change of user, has come.
struct ClientLogin: Sendable {
    /// What is to be answered next.
    enum Step: Sendable {
        /// OK, an error, a switch of plugin, or more of the plugin's.
        case awaitingVerdict
        /// The server's RSA key.
        case awaitingKey
    }

    /// The ways of proving a password that this side knows.
    enum Plugin: String, Sendable {
        case nativePassword = "mysql_native_password"
        case cachingSHA2Password = "caching_sha2_password"
        /// The password itself, on channels where nobody else can listen.
        case clearPassword = "mysql_clear_password"
    }

    /// What the server and this side speak of.
    var plugin: Plugin
    /// The challenge.
    var nonce: [UInt8]
    var step = Step.awaitingVerdict
    /// Packets that the server has sent since the login.
    var packets = 0
}

/// From the greeting to the login's OK (the manual's "Connection Phase").
extension ClientConversation {
    /// The byte by which a client asks for the public key (`request_public_key`).
    private static let publicKeyRequest: UInt8 = 0x02

    mutating func greetingReceived(_ output: inout ByteBuffer) throws(WireError) -> Event? {
        let greeting = try reader.take { payload throws(WireError) in
            guard payload.first != 0xff else {
                throw WireError.refused(try ERRPacket(decoding: payload).error)
            }
            return try HandshakeV10(decoding: payload)
        }
        self.greeting = greeting
        var wanted = configuration.capabilities
        if configuration.database != nil { wanted.insert(.connectWithDatabase) }
        capabilities = wanted.intersection(greeting.capabilities)
        guard capabilities.isSuperset(of: [.protocol41, .secureConnection, .pluginAuth]) else {
            throw .protocolTooOld
        }
        let isOffered = greeting.capabilities.contains(.ssl)
        guard configuration.tls != .always || isOffered else { throw .tlsNotOffered }
        guard configuration.tls != .never, isOffered else {
            sendLogin(&output)
            return nil
        }
        // Nobody may slip in what then counts as having come inside.
        guard reader.bufferedBytes == 0 else {
            throw .unexpectedPacket("bytes in front of the TLS handshake")
        }
        capabilities.insert(.ssl)
        let (capabilities, configuration) = (capabilities, configuration)
        write(into: &output) {
            SSLRequest.encode(
                capabilities,
                UInt32(clamping: configuration.packetBytesMax),
                configuration.collation,
                into: &$0
            )
        }
        phase = .startingTLS
        return .startTLS
    }

    /// The login itself, in the clear or inside TLS.
    mutating func sendLogin(_ output: inout ByteBuffer) {
        guard let greeting else { return }
        // A plugin that is not known here is answered with the usual one; the server switches.
        let named = ClientLogin.Plugin(rawValue: greeting.authPlugin)
        var login = ClientLogin(plugin: named ?? .cachingSHA2Password, nonce: greeting.nonce)
        if login.plugin == .clearPassword { login.plugin = .cachingSHA2Password }
        // A digest that cannot be made leaves the answer empty, and the server says so.
        let answer = (try? firstAnswer(login)) ?? []
        let response = HandshakeResponse41(
            capabilities: capabilities,
            packetBytesMax: UInt32(clamping: configuration.packetBytesMax),
            collation: configuration.collation,
            userName: configuration.userName,
            authResponse: answer,
            database: configuration.database,
            authPlugin: login.plugin.rawValue,
            attributes: configuration.attributes
        )
        write(into: &output) { response.encode(into: &$0) }
        phase = .authenticating(login)
    }

    /// What a plugin says first.
    ///
    /// - Throws: `passwordNotSafe`, `cryptography`.
    func firstAnswer(_ login: ClientLogin) throws(WireError) -> [UInt8] {
        let password = configuration.password.clear
        switch login.plugin {
        case .nativePassword:
            return try NativePassword.scramble(password: password, nonce: login.nonce)
        case .cachingSHA2Password:
            return try CachingSHA2.scramble(password: password, nonce: login.nonce)
        case .clearPassword:
            guard isSecureChannel else {
                throw .passwordNotSafe(plugin: login.plugin.rawValue)
            }
            return Array(password.utf8) + [0]
        }
    }

    mutating func loginAnswerReceived(
        _ login: ClientLogin,
        _ output: inout ByteBuffer
    ) throws(WireError) -> Event? {
        var login = login
        login.packets += 1
        guard login.packets <= WireLimits.loginPacketsMax else {
            throw .unexpectedPacket("a login that does not end")
        }
        let packet = try reader.take { ByteBuffer($0) }
        switch packet.withUnsafeBytes({ $0.first }) {
        case 0x00:
            let capabilities = capabilities
            status = try packet.withUnsafeBytes { bytes throws(WireError) in
                try OKPacket(decoding: bytes, capabilities: capabilities).status
            }
            lastLogin = login
            beginCommands()
            return .loggedIn
        case 0xff:
            throw .refused(
                try packet.withUnsafeBytes { bytes throws(WireError) in
                    try ERRPacket(decoding: bytes).error
                }
            )
        case 0xfe: try pluginSwitched(packet, &login, &output)
        case 0x01: try moreReceived(packet, &login, &output)
        default: throw .unexpectedPacket("a login's answer that begins so")
        }
        phase = .authenticating(login)
        return nil
    }

    /// The server wants another plugin, with a challenge of its own.
    private mutating func pluginSwitched(
        _ packet: ByteBuffer,
        _ login: inout ClientLogin,
        _ output: inout ByteBuffer
    ) throws(WireError) {
        let (name, data) = try packet.withUnsafeBytes { bytes throws(WireError) in
            var reader = PayloadReader(bytes, packet: "AuthSwitchRequest")
            _ = try reader.byte("status")
            // Nothing behind it: the plugin from before 4.1.
            let name =
                reader.isAtEnd
                ? "mysql_old_password" : String(wire: reader.nulTerminatedOrRest())
            return (name, Array(reader.rest()))
        }
        guard let plugin = ClientLogin.Plugin(rawValue: name) else {
            throw .unknownAuthPlugin(String(name.prefix(64)))
        }
        login.plugin = plugin
        login.step = .awaitingVerdict
        login.nonce = Array(data.prefix(HandshakeV10.nonceBytes))
        guard plugin == .clearPassword || login.nonce.count == HandshakeV10.nonceBytes else {
            throw .malformed(packet: "AuthSwitchRequest", field: "plugin provided data")
        }
        let answer = try firstAnswer(login)
        write(into: &output) { $0.append(contentsOf: answer) }
    }

    /// `caching_sha2_password` goes on: the fast way was enough, or the password itself is wanted,
    /// inside a channel of its own or under the server's key.
    private mutating func moreReceived(
        _ packet: ByteBuffer,
        _ login: inout ClientLogin,
        _ output: inout ByteBuffer
    ) throws(WireError) {
        guard login.plugin == .cachingSHA2Password else {
            throw .unexpectedPacket("more of a plugin that has no more")
        }
        let password = configuration.password.clear
        if case .awaitingKey = login.step {
            let block = try RSAPublicKey.encrypted(
                password: password,
                nonce: login.nonce,
                pem: Array(packet.bytes.dropFirst())
            )
            login.step = .awaitingVerdict
            return write(into: &output) { $0.append(contentsOf: block) }
        }
        switch packet.bytes.dropFirst().first {
        case 0x03: break
        case 0x04 where isSecureChannel:
            write(into: &output) {
                $0.append(contentsOf: password.utf8)
                $0.append(0)
            }
        case 0x04:
            guard configuration.believesPublicKey else {
                throw .passwordNotSafe(plugin: login.plugin.rawValue)
            }
            login.step = .awaitingKey
            write(into: &output) { $0.append(Self.publicKeyRequest) }
        default: throw .unexpectedPacket("an unknown step of caching_sha2_password")
        }
    }
}
