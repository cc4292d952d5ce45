import AttendBase
import AttendFormats
import AttendNN
import AttendTensor

/// A weight on its way from one checkpoint to another: rows that lie in files, read when their turn comes.
package struct ConvertedTensor {
  /// Its name in the new checkpoint.
  package let name: String
  package let shape: [Int]
  /// What the old checkpoint keeps it as.
  package let storedType: ElementType
  /// Added to every element.
  private let offset: Float
  /// Rows one after the other.
  private let parts: () throws -> [MatrixSource]

  package init(
    _ name: String, shape: [Int], storedType: ElementType, offset: Float = 0,
    parts: @escaping () throws -> [MatrixSource]
  ) {
    self.name = name
    self.shape = shape
    self.storedType = storedType
    self.offset = offset
    self.parts = parts
  }

  /// A tensor of these numbers.
  package init(_ name: String, floats: [Float]) {
    self.init(name, shape: [floats.count], storedType: .dense(.float32)) {
      [MatrixSource(Tensor(floats, shape: [1, floats.count]))]
    }
  }

  package var elementCount: Int { AttendTensor.elementCount(of: shape) ?? 0 }
  /// Vectors have no rows that a format could cut into blocks.
  package var isMatrix: Bool { shape.count > 1 }

  /// Whether the type can hold every element as it is; of vectors, which are small.
  package func isExact(in type: ElementType) throws -> Bool {
    if storedType == type && offset == 0 { return true }
    guard case .dense(let dense) = type else { return false }
    if dense == .float32 { return true }
    for part in try parts() {
      let tensor = part.expanded() + offset
      let kept = tensor.cast(to: dense).cast(to: .float32).scalars(Float.self)
      if zip(tensor.scalars(Float.self), kept).contains(where: { $0.0 != $0.1 && !$0.0.isNaN }) { return false }
    }
    return true
  }

  /// The tensor as a file will have it.
  ///
  /// Memory: about 32 MB besides a copy of tensors whose rows and columns change places.
  /// - Parameter progress: told how many elements were written, now and then; what it throws ends the writing.
  /// - Throws: when its turn comes, `not-a-number` or `unsupported` naming the tensor, for elements that the type cannot
  ///   hold.
  package func writing(
    as type: ElementType, progress: @escaping (Int) throws -> Void
  ) throws(AttendError) -> TensorToWrite {
    try TensorToWrite(name, type, shape: shape) { sink in
      for part in try parts() {
        let rowBytes = part.columns / type.elementsPerBlock * type.bytesPerBlock
        let step = max(1, Self.elementsAtOnce / max(part.columns, 1))
        let pointers = part.rowPointers
        var start = 0
        while start < part.rows {
          let rows = start..<min(start + step, part.rows)
          try write(pointers[rows], part, rowBytes, type, sink)
          start = rows.upperBound
          try progress(rows.count * part.columns)
        }
        part.bytes.release?()
      }
    }
  }

  private static let elementsAtOnce = 1 << 21

  private func write(
    _ rows: ArraySlice<UnsafeRawPointer?>, _ part: MatrixSource, _ rowBytes: Int, _ type: ElementType,
    _ sink: TensorToWrite.Sink
  ) throws {
    guard rowBytes > 0 else { return }
    var fits = [Bool](repeating: true, count: rows.count)
    let pointers = Array(rows)
    let bytes = [UInt8](unsafeUninitializedCapacity: rows.count * rowBytes) { bytes, count in
      let all = UnsafeMutableRawBufferPointer(bytes)
      fits.withUnsafeMutableBufferPointer { fits in
        // Each range writes rows and answers of its own.
        nonisolated(unsafe) let (all, fits) = (all, fits)
        parallelFor(pointers.count, grain: max(1, (1 << 14) / max(part.columns, 1))) { range in
          var floats = [Float](repeating: 0, count: part.columns)
          for row in range {
            let place = UnsafeMutableRawBufferPointer(rebasing: all[row * rowBytes..<(row + 1) * rowBytes])
            fits[row] = encode(pointers[row], part, type, &floats, place)
          }
        }
      }
      count = rows.count * rowBytes
    }
    if fits.contains(false) { throw failure(type) }
    try bytes.withUnsafeBytes(sink)
  }

  private func encode(
    _ row: UnsafeRawPointer?, _ part: MatrixSource, _ type: ElementType, _ floats: inout [Float],
    _ place: UnsafeMutableRawBufferPointer
  ) -> Bool {
    guard let row else { return true }
    if part.elementType == type && offset == 0 {
      place.copyMemory(from: UnsafeRawBufferPointer(start: row, count: place.count))
      return true
    }
    return floats.withUnsafeMutableBufferPointer { floats in
      part.expand(row, into: floats)
      if offset != 0 { for index in floats.indices { floats[index] += offset } }
      return type.encode(UnsafeBufferPointer(floats), into: place)
    }
  }

  private func failure(_ type: ElementType) -> AttendError {
    if type.isQuantized {
      return AttendError(
        .notANumber,
        "the tensor \(quoted(name)) has elements that \(type) cannot hold: infinite, not a number, or huge",
        hint: "the checkpoint may be damaged")
    }
    return AttendError(
      .unsupported, "the tensor \(quoted(name)) has elements beyond the range of \(type)",
      hint: "use another type, such as BF16 or F32")
  }
}
