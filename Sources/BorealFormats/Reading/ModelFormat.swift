/// The formats that models come in.
public enum ModelFormat: String, Equatable, Sendable, CaseIterable {
    case boreal
    case lightgbmText = "lightgbm-text"
    case pickle
    case joblib
    case xgboostJSON = "xgboost-json"
    case xgboostUBJSON = "xgboost-ubj"
    case xgboostBinary = "xgboost-binary"
    case catboostCBM = "catboost-cbm"
    case catboostJSON = "catboost-json"
    case onnx
    case pmml
    case torchZip = "torch-zip"
    case torchLegacy = "torch-legacy"
    case torchScript = "torchscript"
    case torchExport = "torch-export"
    case safetensors
    case tensorflowSavedModel = "tf-savedmodel"
    case tensorflowCheckpoint = "tf-checkpoint"
    case kerasHDF5 = "keras-h5"
    case kerasZip = "keras-keras"
    case zip
    case tar
    case json

    /// The name people use.
    public var title: String {
        switch self {
        case .boreal: "Boreal"
        case .lightgbmText: "LightGBM text"
        case .pickle: "pickle"
        case .joblib: "joblib"
        case .xgboostJSON: "XGBoost JSON"
        case .xgboostUBJSON: "XGBoost UBJSON"
        case .xgboostBinary: "XGBoost binary"
        case .catboostCBM: "CatBoost"
        case .catboostJSON: "CatBoost JSON"
        case .onnx: "ONNX"
        case .pmml: "PMML"
        case .torchZip, .torchLegacy: "PyTorch"
        case .torchScript: "TorchScript"
        case .torchExport: "PyTorch export"
        case .safetensors: "safetensors"
        case .tensorflowSavedModel: "TensorFlow SavedModel"
        case .tensorflowCheckpoint: "TensorFlow checkpoint"
        case .kerasHDF5: "Keras HDF5"
        case .kerasZip: "Keras"
        case .zip: "zip archive"
        case .tar: "tar archive"
        case .json: "JSON"
        }
    }
}
