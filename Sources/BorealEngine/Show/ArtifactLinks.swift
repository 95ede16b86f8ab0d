import BorealBase
import BorealCatalog
import BorealHTTP

/// Makes the links that SHOW MODEL and SHOW TASK print.
struct ArtifactLinks: Sendable {
    /// What a link begins with, without a slash at its end; empty when there is no HTTP door.
    let publicURL: String
    /// Signs afresh at every SHOW.
    let signer: LinkSigner

    /// `<public_url>/artifacts/<sha256>/<name>.<ext>` with its three parameters, or the empty
    /// string.
    func link(to artifact: ArtifactReference?, name: String) -> String {
        guard let artifact, !publicURL.isEmpty else { return "" }
        let file = PercentEncoding.encode(name) + "." + artifact.fileExtension
        return publicURL + signer.signedPath("/artifacts/\(artifact.hash)/\(file)")
    }
}
