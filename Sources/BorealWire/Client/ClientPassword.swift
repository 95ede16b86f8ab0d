/// A password on its way to another server: reached by name only, so that no description, dump or
/// log line of what holds it shows it.
package struct ClientPassword: Equatable, Sendable, CustomStringConvertible, CustomReflectable {
    /// The password itself; empty for none.
    let clear: String

    /// - Parameter clear: the password itself; empty for none.
    package init(_ clear: String) { self.clear = clear }

    /// True when there is none.
    package var isEmpty: Bool { clear.isEmpty }

    /// Never the password.
    package var description: String { "<secret>" }

    /// Nothing.
    package var customMirror: Mirror { Mirror(self, children: []) }
}
