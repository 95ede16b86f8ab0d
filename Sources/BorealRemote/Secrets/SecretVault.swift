import Synchronization

/// Seals and opens the secrets of models with the one master key of the server, which is looked
/// for when the first secret needs it.
package final class SecretVault: Sendable {
    /// Where the key comes from.
    package enum Source: Sendable {
        /// The text of `BOREAL_MASTER_KEY`.
        case environment(String)
        case file(MasterKeyFile)
        /// Lives as long as the process.
        case memory

        var name: String {
            switch self {
            case .environment: "BOREAL_MASTER_KEY"
            case .file(let file): "file '\(file.path)'"
            case .memory: "memory"
            }
        }
    }

    let source: Source
    private let known = Mutex<MasterKey?>(nil)

    package init(_ source: Source) { self.source = source }

    /// The source by the rules: environment, named file, memory of an ephemeral server, default
    /// file.
    package init(file: String?, isEphemeral: Bool, environment: (String) -> String?) {
        if let text = environment("BOREAL_MASTER_KEY"), !text.isEmpty {
            source = .environment(text)
        } else if let file, !file.isEmpty {
            source = .file(MasterKeyFile(path: file))
        } else if isEphemeral {
            source = .memory
        } else {
            source = .file(MasterKeyFile(path: MasterKeyFile.defaultPath(environment)))
        }
    }

    /// Reads the master key, if there is one, so that no call has to.
    package func prepare() {
        // What is wrong with it is told to whoever needs it.
        _ = try? key(makesOne: false)
    }

    /// A secret as it is stored.
    ///
    /// - Throws: `RemoteModelError` CONFIG without a key that can be read or made.
    package func seal(
        _ secret: SecretBytes,
        model: String,
        field: String
    ) throws(RemoteModelError) -> String {
        try SealedSecret(secret, model: model, field: field, key: try key(makesOne: true)).text
    }

    /// A stored secret, for one call.
    ///
    /// - Throws: `RemoteModelError` CONFIG naming the key's source when it does not open.
    package func open(
        _ text: String,
        model: String,
        field: String
    ) throws(RemoteModelError) -> SecretBytes {
        let sealed = try SealedSecret(text: text)
        let key = try key(makesOne: false)
        let secret =
            sealed.opened(model: model, field: field, key: key)
            ?? unfinishedKey(sealed.keyID).flatMap { key in
                sealed.opened(model: model, field: field, key: key)
            }
        guard let secret else {
            let reason = key.id == sealed.keyID ? "is damaged" : "was sealed with another key"
            throw RemoteModelError(
                .config,
                "the stored \(field) \(reason); the master key is that of \(source.name)"
            )
        }
        return secret
    }

    /// A stored secret sealed with another key, for `boreal rotate-key`.
    ///
    /// - Throws: as `open`.
    package func resealed(
        _ text: String,
        model: String,
        field: String,
        with key: MasterKey
    ) throws(RemoteModelError) -> String {
        let secret = try open(text, model: model, field: field)
        return try SealedSecret(secret, model: model, field: field, key: key).text
    }

    /// The key of a rotation that did not end, when it is the one of that id.
    private func unfinishedKey(_ id: String) -> MasterKey? {
        guard case .file(let file) = source else { return nil }
        // A file that cannot be read opens nothing; the caller says what does not open.
        guard let key = try? file.next.read(), key.id == id else { return nil }
        return key
    }

    private func key(makesOne: Bool) throws(RemoteModelError) -> MasterKey {
        try known.withLock { (known: inout sending MasterKey?) throws(RemoteModelError) in
            if let key = known { return key }
            let key = try load(makesOne: makesOne)
            known = key
            return key
        }
    }

    private func load(makesOne: Bool) throws(RemoteModelError) -> MasterKey {
        switch source {
        case .environment(let text): return try MasterKey(base64: text)
        case .memory: return try MasterKey.random()
        case .file(let file):
            if makesOne { return try file.readOrMake() }
            guard let key = try file.read() else {
                throw RemoteModelError(.config, "master key \(source.name) does not exist")
            }
            return key
        }
    }
}
