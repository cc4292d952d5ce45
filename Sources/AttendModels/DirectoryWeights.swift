import AttendBase
import AttendFormats
import AttendNN
import AttendTensor

/// The tensors of any file as a model's parameters, each perhaps under another name: how models read weights from
/// NumPy archives and ONNX files.
public struct DirectoryWeights: WeightSource {
  public let names: [String]
  public let origin: String
  private let tensors: TensorDirectory
  private let stored: [String: String]

  /// - Parameters:
  ///   - origin: the file's path, for messages.
  ///   - rename: from the file's name of a tensor to the model's; nil leaves the tensor out.
  public init(_ tensors: TensorDirectory, origin: String, renaming rename: (String) -> String? = { $0 }) {
    var names: [String] = []
    var stored: [String: String] = [:]
    for tensor in tensors.names {
      guard let name = rename(tensor) else { continue }
      names.append(name)
      stored[name] = tensor
    }
    self.names = names
    self.origin = origin
    self.tensors = tensors
    self.stored = stored
  }

  public func weight(_ name: String) throws -> StoredWeight? {
    guard let tensor = stored[name], let view = try tensors[tensor] else { return nil }
    let columns = view.shape.last ?? 1
    // Such files put tensors at any address, so they are copied.
    let matrix = Tensor(view.floats(), shape: [columns == 0 ? 0 : view.elementCount / columns, columns])
    return StoredWeight(shape: view.shape, source: MatrixSource(matrix))
  }
}

extension TensorDirectory {
  /// A tensor of this name and shape as float32.
  /// - Throws: `parameterMismatch`, `unsupported`.
  func floats(_ name: String, _ shape: [Int]) throws(AttendError) -> Tensor {
    let view = try tensor(name)
    guard view.shape == shape else {
      throw AttendError(
        .parameterMismatch, "\(view.file.path): the tensor \(quoted(name)) has the shape \(view.shape), not \(shape)")
    }
    return Tensor(view.floats(), shape: Shape(shape))
  }
}
