import BorealBase

/// From the login packet to the OK, for both plugins. An account that does not exist takes every
/// step of one that does.
extension ServerConversation {
    /// The byte by which a client asks for the public key (`request_public_key`).
    private static let publicKeyRequest: [UInt8] = [0x02]

    /// The first packet of the client, or the first one inside TLS.
    mutating func loginReceived() throws(WireError) -> Step {
        let offered = offered
        let first = try reader.take { payload throws(WireError) -> HandshakeResponse41? in
            guard SSLRequest(decoding: payload, offered: offered) == nil else { return nil }
            return try HandshakeResponse41(decoding: payload, offered: offered)
        }
        guard let response = first else {
            phase = .startingTLS
            // What came with the request is the beginning of the handshake, or no TLS at all: none
            // of it may count as having come inside.
            return .action(.startTLS(received: reader.takeRest()))
        }
        guard isSecureChannel || !configuration.requiresSecureChannel else {
            throw .insecureTransport
        }
        capabilities = response.capabilities
        agreedCompression = try agreed(response)
        guard agreedCompression != nil || !configuration.requiresCompression else {
            throw .compressionRequired
        }
        let login = Login(
            userName: response.userName,
            database: response.database,
            attributes: response.attributes,
            capabilities: response.capabilities,
            collation: response.collation,
            packetBytesMax: response.packetBytesMax,
            isUserChange: false
        )
        return begin(login, answer: response.authResponse, plugin: response.authPlugin)
    }

    /// The driver has done the handshake.
    mutating func tlsCompleted(_ completion: Completion) throws(WireError) -> Step {
        guard case .tlsStarted = completion else { throw .unexpectedCompletion(completion.name) }
        isSecureChannel = true
        offered.remove(.ssl)
        phase = .awaitingLogin
        return .again
    }

    /// COM_CHANGE_USER: a login on a connection that has one.
    mutating func userChangeReceived(_ command: COMChangeUser) -> Step {
        statements.removeAll()
        let login = Login(
            userName: command.userName,
            database: command.database,
            attributes: command.attributes,
            capabilities: capabilities,
            collation: command.collation ?? configuration.collation,
            packetBytesMax: 0,
            isUserChange: true
        )
        return begin(login, answer: command.authResponse, plugin: command.authPlugin)
    }

    private mutating func begin(_ login: Login, answer: [UInt8], plugin: String?) -> Step {
        // libmysqlclient says by one NUL that there is no password.
        let answer = answer == [0] ? [] : answer
        var state = Authentication(login: login, step: .lookingUp(answer: answer, plugin: plugin))
        state.isPasswordUsed = !answer.isEmpty
        phase = .authenticating(state)
        texts = ClientTexts(login.collation)
        errorNumbers = ErrorNumbers(login.attributes) ?? errorNumbers
        return .action(.lookUpAccount(login))
    }

    /// A further packet of the client.
    mutating func answerReceived(_ output: inout ByteBuffer) throws(WireError) -> Step {
        guard case .authenticating(var state) = phase else { return .wait }
        let answer = try reader.take { payload throws(WireError) in
            guard payload.count <= WireLimits.authenticationAnswerBytesMax else {
                throw .malformed(packet: "AuthSwitchResponse", field: "data")
            }
            return Array(payload)
        }
        switch state.step {
        case .awaitingSwitchAnswer(let plugin):
            // Clients of both plugins answer for an empty password with nothing, or with one NUL.
            let answer = answer == [0] ? [] : answer
            state.isPasswordUsed = !answer.isEmpty
            return try check(answer, plugin, state, isFirstAnswer: false, &output)
        case .awaitingPassword:
            if answer == Self.publicKeyRequest {
                return find(key: nil, state)
            }
            if isSecureChannel {
                return try checkPassword(answer, key: nil, state)
            }
            // On an open channel a password counts only under RSA; a clear one decrypts to nothing.
            return find(key: answer, state)
        case .awaitingCiphertext(let key):
            return try checkPassword(answer, key: key, state)
        case .lookingUp, .findingKey, .checking, .admitting: return .wait
        }
    }

    /// The driver ended an action of the login.
    mutating func authenticationCompleted(
        _ completion: Completion,
        _ state: Authentication,
        _ output: inout ByteBuffer
    ) throws(WireError) -> Step {
        switch (state.step, completion) {
        case (.lookingUp(let answer, let plugin), .account(let credentials)):
            var state = state
            state.isAccountKnown = credentials != nil
            state.credentials = credentials ?? .decoy
            return try accountFound(answer, plugin, state, &output)
        case (.findingKey(let ciphertext), .rsaKey(let key)):
            guard let key else { throw denied(state) }
            return try keyFound(key, ciphertext, state, &output)
        case (.checking, .passwordChecked(let outcome)):
            guard outcome.isAccepted, state.isAccountKnown else { throw denied(state) }
            return admit(state)
        case (.admitting, .ok(let packet)):
            write(packet, &output)
            if !state.login.isUserChange { beginCompression(behind: output.end) }
            expectCommand()
            return .again
        case (_, .error(let error)):
            write(error, &output)
            return .action(close(nil))
        default: throw .unexpectedCompletion(completion.name)
        }
    }

    // MARK: - Challenge and response

    /// Checks the client's first answer, or has it answer again with the account's plugin.
    private mutating func accountFound(
        _ answer: [UInt8],
        _ pluginName: String?,
        _ state: Authentication,
        _ output: inout ByteBuffer
    ) throws(WireError) -> Step {
        // A client from before plugins answers as the native one does.
        let isOld = !capabilities.contains(.pluginAuth)
        let named = isOld ? .nativePassword : pluginName.flatMap { AuthPlugin(rawValue: $0) }
        let plugin = chosenPlugin(for: state.credentials, named: named)
        guard plugin == named else { return askAgain(plugin, state, &output) }
        return try check(answer, plugin, state, isFirstAnswer: true, &output)
    }

    /// The client's plugin if the account has it, else the greeting's, else the other.
    private func chosenPlugin(
        for credentials: AccountCredentials,
        named: AuthPlugin?
    ) -> AuthPlugin {
        let preferred = configuration.authPlugin
        let candidates = [named, preferred] + AuthPlugin.allCases
        let usable = candidates.compactMap { $0 }.first {
            credentials.supports($0)
                && ($0 != .nativePassword || configuration.isNativePasswordEnabled)
        }
        return usable ?? preferred
    }

    private mutating func askAgain(
        _ plugin: AuthPlugin,
        _ state: Authentication,
        _ output: inout ByteBuffer
    ) -> Step {
        let request = AuthSwitchRequest(plugin: plugin, nonce: configuration.nonce)
        writer.packet(&output) { request.encode(into: &$0) }
        return expect(.awaitingSwitchAnswer(plugin), state)
    }

    /// Checks the answer to the challenge.
    private mutating func check(
        _ answer: [UInt8],
        _ plugin: AuthPlugin,
        _ state: Authentication,
        isFirstAnswer: Bool,
        _ output: inout ByteBuffer
    ) throws(WireError) -> Step {
        if answer.isEmpty {
            if state.isAccountKnown, state.credentials.isPasswordEmpty { return admit(state) }
            // libmysqlclient begins COM_CHANGE_USER without an answer and waits for a challenge,
            // and so does libmariadb when it was told to use another plugin than the greeting's.
            let isExpected = state.login.isUserChange || plugin != configuration.authPlugin
            guard isFirstAnswer, isExpected else { throw denied(state) }
            return askAgain(plugin, state, &output)
        }
        switch plugin {
        case .nativePassword:
            if try isNativeAnswer(answer, state) { return admit(state) }
            // A client from before plugins may have answered in some other way; it gets a second
            // chance.
            guard isFirstAnswer, !capabilities.contains(.pluginAuth) else { throw denied(state) }
            return askAgain(plugin, state, &output)
        case .cachingSHA2Password:
            if try isFastAnswer(answer, state) {
                writer.packet(&output) { AuthMoreData.fastAuthSuccess.encode(into: &$0) }
                return admit(state)
            }
            // Not yet denied: some drivers compute a wrong scramble after a switch, and the fast
            // hash may be of an older password.
            writer.packet(&output) { AuthMoreData.performFullAuthentication.encode(into: &$0) }
            var state = state
            state.hasLearntOfMistake = state.credentials.fastHash != nil
            return expect(.awaitingPassword, state)
        }
    }

    private func isNativeAnswer(
        _ answer: [UInt8],
        _ state: Authentication
    ) throws(WireError) -> Bool {
        guard configuration.isNativePasswordEnabled, let verifier = state.credentials.native else {
            return false
        }
        let isRight = try NativePassword.check(
            scramble: answer,
            nonce: configuration.nonce,
            verifier: verifier
        )
        return isRight && state.isAccountKnown
    }

    private func isFastAnswer(
        _ answer: [UInt8],
        _ state: Authentication
    ) throws(WireError) -> Bool {
        guard state.credentials.cachingSHA2 != nil, let fastHash = state.credentials.fastHash else {
            return false
        }
        let isRight = try CachingSHA2.check(
            scramble: answer,
            nonce: configuration.nonce,
            fastHash: fastHash
        )
        return isRight && state.isAccountKnown
    }

    // MARK: - The password itself

    private mutating func find(key ciphertext: [UInt8]?, _ state: Authentication) -> Step {
        var state = state
        state.step = .findingKey(ciphertext: ciphertext)
        phase = .authenticating(state)
        return .action(.rsaKeyNeeded)
    }

    private mutating func keyFound(
        _ key: RSAKeyPair,
        _ ciphertext: [UInt8]?,
        _ state: Authentication,
        _ output: inout ByteBuffer
    ) throws(WireError) -> Step {
        if let ciphertext {
            return try checkPassword(ciphertext, key: key, state)
        }
        writer.packet(&output) { AuthMoreData.publicKey(key.publicKeyPEM).encode(into: &$0) }
        return expect(.awaitingCiphertext(key), state)
    }

    private mutating func checkPassword(
        _ answer: [UInt8],
        key: RSAKeyPair?,
        _ state: Authentication
    ) throws(WireError) -> Step {
        var state = state
        state.step = .checking
        state.isPasswordUsed = true
        phase = .authenticating(state)
        // An account without a password has no verifier; a password for it is checked like any
        // wrong one.
        guard
            let verifier = state.credentials.cachingSHA2
                ?? AccountCredentials.decoy.cachingSHA2
        else { throw denied(state) }
        let check = PasswordCheck(
            answer: answer,
            nonce: configuration.nonce,
            key: key,
            verifier: verifier
        )
        return .action(.checkPassword(check))
    }

    // MARK: - The end

    private mutating func admit(_ state: Authentication) -> Step {
        var state = state
        state.step = .admitting
        phase = .authenticating(state)
        return .action(.authenticated(state.login))
    }

    private func denied(_ state: Authentication) -> WireError {
        .accessDenied(
            user: state.login.userName,
            host: configuration.clientHost,
            isPasswordUsed: state.isPasswordUsed
        )
    }

    private mutating func expect(_ step: Authentication.Step, _ state: Authentication) -> Step {
        var state = state
        state.step = step
        phase = .authenticating(state)
        expectAnswer()
        return .again
    }
}
