import AttendFormats
import AttendTensor

/// The tensors of one safetensors file of `Fixtures/`, named "case.tensor".
package struct FixtureTensors: Sendable {
  private let directory: TensorDirectory

  package init(_ name: String) throws {
    directory = try SafetensorsFile(path: TestFixtures.path(name)).tensors
  }

  package func contains(_ name: String) -> Bool { directory.contains(name) }

  /// As float32.
  package func tensor(_ name: String) throws -> Tensor {
    let view = try directory.tensor(name)
    return Tensor(view.floats(), shape: Shape(view.shape))
  }

  package func integers(_ name: String) throws -> [Int] {
    try directory.tensor(name).withUnsafeBytes { bytes in
      stride(from: 0, to: bytes.count, by: 4).map { Int(bytes.loadUnaligned(fromByteOffset: $0, as: Int32.self)) }
    }
  }

  /// What follows "prefix." in the names that begin so.
  package func names(under prefix: String) -> [String] {
    directory.names.filter { $0.hasPrefix(prefix + ".") }.map { String($0.dropFirst(prefix.utf8.count + 1)) }
  }
}
