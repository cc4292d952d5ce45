extension Tensor: CustomStringConvertible {
  /// Shape, dtype and the first elements: `Tensor [2, 3] float32 (0.0, 1.0, 2.0, 3.0, 4.0, 5.0)`.
  public var description: String {
    let shown = 8
    let first = detached().flattened().sliced(axis: 0, 0..<Swift.min(count, shown)).cast(to: .float64)
    let elements = first.scalars(Double.self).map { dtype.isFloatingPoint ? "\($0)" : "\(Int64($0))" }
    let rest = count > shown ? ", …" : ""
    return "Tensor \(shape) \(dtype) (\(elements.joined(separator: ", "))\(rest))"
  }
}
