// A wrong shape or dtype inside the library is a programmer's error, never bad data: whatever comes from files and
// requests is checked where it enters. Plain preconditions lose their message in release builds; `fatalError` keeps it.

/// Ends the process, naming the operation and all shapes.
package func shapeMismatch(_ operation: String, _ shapes: Shape...) -> Never {
  fatalError("\(operation): shapes do not fit: \(shapes.map(\.description).joined(separator: ", "))")
}

/// Ends the process, naming the operation and all dtypes.
package func dtypeMismatch(_ operation: String, _ dtypes: DType...) -> Never {
  fatalError("\(operation): dtypes do not fit: \(dtypes.map(\.description).joined(separator: ", "))")
}

extension Tensor {
  /// The shape that two operands broadcast to; a programmer's error when there is none or their dtypes differ.
  func commonShape(_ operation: @autoclosure () -> String, _ other: Tensor) -> Shape {
    guard dtype == other.dtype else { dtypeMismatch(operation(), dtype, other.dtype) }
    guard let common = shape.broadcast(with: other.shape) else { shapeMismatch(operation(), shape, other.shape) }
    return common
  }

  /// A programmer's error when the elements are not floating-point numbers.
  func requireFloats(_ operation: String) {
    guard dtype.isFloatingPoint else { dtypeMismatch(operation, dtype) }
  }
}

/// Ends the process: an index that its producer should have checked.
package func indexOutOfRange(_ operation: String, _ index: Int, count: Int) -> Never {
  fatalError("\(operation): index \(index) is not below \(count)")
}

/// Ends the process: the kernels' table has an entry for every machine, so this is a damaged build.
func missingKernels() -> Never {
  fatalError("this build has no kernels for this machine")
}

package func outOfMemory(bytes: Int) -> Never {
  fatalError("the system has no memory for \(bytes) more bytes")
}
