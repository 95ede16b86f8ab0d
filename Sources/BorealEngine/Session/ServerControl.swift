/// What statements may have the server around the engine do.
package struct ServerControl: Sendable {
    /// Begins to stop the server, as SIGTERM does; does not wait for it.
    let stop: @Sendable () -> Void
    /// Reads certificate and key again, as SIGHUP does. Its argument says whether what was in use
    /// stays in use when the new files cannot be; its answer says why they cannot.
    let reloadTLS: @Sendable (Bool) -> String?

    /// - Parameters: see the stored properties.
    package init(
        stop: @escaping @Sendable () -> Void,
        reloadTLS: @escaping @Sendable (Bool) -> String?
    ) {
        self.stop = stop
        self.reloadTLS = reloadTLS
    }

    /// An engine without a server around it: there is nothing to stop or to reload.
    static let none = ServerControl(stop: {}, reloadTLS: { _ in nil })
}
