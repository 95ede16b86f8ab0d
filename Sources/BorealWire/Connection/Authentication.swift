/// A login under way: from the client's first answer to the OK or ERR that ends it.
struct Authentication: Sendable {
    /// Whose turn it is, and for what.
    enum Step: Sendable {
        /// The driver looks for the account; the client's answer, and the plugin it was made with,
        /// wait.
        case lookingUp(answer: [UInt8], plugin: String?)
        /// The client answers an AuthSwitchRequest.
        case awaitingSwitchAnswer(AuthPlugin)
        /// The client sends its password, a ciphertext, or asks for the public key.
        case awaitingPassword
        /// The driver finds the key pair, to be sent, or to decrypt this.
        case findingKey(ciphertext: [UInt8]?)
        /// The client sends its password under this key.
        case awaitingCiphertext(RSAKeyPair)
        /// A worker checks the password.
        case checking
        /// The driver opens the session.
        case admitting
    }

    /// Who logs in.
    var login: Login
    /// Of the account, or of the decoy when there is none.
    var credentials = AccountCredentials.decoy
    /// False when there is no such account: whatever the checks say, access is denied.
    var isAccountKnown = false
    /// What the denial tells: whether the client gave any password.
    var isPasswordUsed = false
    /// True when the client's scramble was not that of the password, and it was told so by being
    /// asked for the password itself: who hangs up then has learnt as much as from a denial.
    var hasLearntOfMistake = false
    /// Where the login stands.
    var step: Step

    /// True when the next packet of the client moves the login on.
    var isClientsTurn: Bool {
        switch step {
        case .awaitingSwitchAnswer, .awaitingPassword, .awaitingCiphertext: true
        case .lookingUp, .findingKey, .checking, .admitting: false
        }
    }
}
