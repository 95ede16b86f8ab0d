/// Another master key in place of the one in force, in steps of which each may be the last before a
/// crash: the new key is written beside the old one, every stored secret is sealed with it in one
/// transaction, then it takes the old one's place. In between both keys open what they sealed, and
/// a further rotation goes on with the new key that is there.
package struct KeyRotation: Sendable {
    private let vault: SecretVault
    private let key: MasterKey
    /// Where the new key lies afterwards.
    package let place: String

    /// The variable with the new key, where the old one comes from the environment.
    private static let variable = "BOREAL_NEW_MASTER_KEY"

    /// Finds or makes the new key.
    ///
    /// - Throws: `RemoteModelError` CONFIG when there is none and none can be made.
    package init(
        _ vault: SecretVault,
        environment: (String) -> String?
    ) throws(RemoteModelError) {
        self.vault = vault
        switch vault.source {
        case .environment(let old):
            guard let text = environment(Self.variable), !text.isEmpty else {
                throw RemoteModelError(
                    .config,
                    "the master key is that of BOREAL_MASTER_KEY: give the new one as "
                        + "\(Self.variable), 32 bytes in base64"
                )
            }
            key = try MasterKey(base64: text)
            place = Self.variable
            guard try MasterKey(base64: old).id != key.id else {
                throw RemoteModelError(.config, "\(Self.variable) is the key in force")
            }
        case .file(let file):
            key = try file.readOrMakeNext()
            place = file.path
        case .memory:
            throw RemoteModelError(.config, "a master key in memory has nothing to rotate")
        }
    }

    /// A stored secret under the new key; one that has it already stays as it is.
    ///
    /// - Throws: `RemoteModelError` CONFIG for a secret that does not open.
    package func resealed(
        _ text: String,
        model: String,
        field: String
    ) throws(RemoteModelError) -> String {
        let sealed = try SealedSecret(text: text)
        if sealed.opened(model: model, field: field, key: key) != nil { return text }
        return try vault.resealed(text, model: model, field: field, with: key)
    }

    /// Every secret is sealed with the new key and stored: the old one goes.
    ///
    /// - Throws: `RemoteModelError` CONFIG when the file cannot be renamed; both keys are there.
    package func finish() throws(RemoteModelError) {
        if case .file(let file) = vault.source { try file.adoptNext() }
    }
}
