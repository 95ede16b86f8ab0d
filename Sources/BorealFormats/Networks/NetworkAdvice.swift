/// What to do with a file that cannot be read as data.
enum NetworkAdvice {
    /// For models of PyTorch.
    static let torch =
        "write ONNX instead: torch.onnx.export(model.eval(), sample, 'model.onnx', "
        + "dynamic_shapes=[{0: 'n'}], external_data=False)"
    /// For models of Keras.
    static let keras =
        "write ONNX instead: python -m tf2onnx.convert --keras MODEL --output model.onnx"
    /// For models of TensorFlow.
    static let tensorflow =
        "write ONNX instead: python -m tf2onnx.convert --saved-model FOLDER --output model.onnx"
    /// How weights come to have a graph.
    static let architecture =
        "it holds weights and no graph; give "
        + "architecture='{\"type\": \"mlp\", \"in\": 28, \"hidden\": [16, 8], \"out\": 1, "
        + "\"activation\": \"relu\", \"batchnorm\": false, \"module_prefix\": \"net\"}'"
}
