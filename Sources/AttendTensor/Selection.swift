import CAttend

#if canImport(Glibc)
  import Glibc
#elseif canImport(Musl)
  import Musl
#elseif canImport(Darwin)
  import Darwin
#endif

/// What a sampler needs of one row of logits, without ever sorting the row.
package enum Selection {
  private static var kernels: at_row_kernels { at_kernels_best().pointee.rows.pointee }

  /// Index of the first maximum, nil when the row is empty or all NaN. NaN never wins.
  package static func argmax(_ row: UnsafeBufferPointer<Float>) -> Int? {
    guard row.count > 0, let start = row.baseAddress else { return nil }
    let index = kernels.argmax(row.count, start)
    return index < row.count ? index : nil
  }

  /// Indices of the `count` largest values, largest first, equal ones by lower index; fewer when the row is shorter.
  /// O(row + count · log count).
  package static func largest(_ count: Int, of row: UnsafeBufferPointer<Float>) -> [Int] {
    let count = min(count, row.count)
    guard count > 0, let start = row.baseAddress else { return [] }
    let indices = [UInt32](unsafeUninitializedCapacity: count) { indices, written in
      written = at_top_k(at_kernels_best().pointee.rows, row.count, start, count, indices.baseAddress)
    }
    return indices.map(Int.init)
  }

  /// How many values are infinite or not a number.
  package static func notFiniteCount(_ row: UnsafeBufferPointer<Float>) -> Int {
    guard let start = row.baseAddress else { return 0 }
    return kernels.count_not_finite(row.count, start)
  }

  /// exp((x − maximum) / temperature) of every value, at most 1; −∞ gives 0.
  /// - Parameters:
  ///   - maximum: the largest value of the row, finite.
  ///   - temperature: above 0.
  ///   - out: room for as many values as the row has.
  /// - Returns: their sum.
  @discardableResult
  package static func exponentials(
    of row: UnsafeBufferPointer<Float>, below maximum: Float, temperature: Float, into out: UnsafeMutablePointer<Float>
  ) -> Double {
    guard let start = row.baseAddress else { return 0 }
    let kernels = kernels
    var sum = 0.0
    // Piece by piece, so that the numbers stay in the first cache from one operation to the next.
    for begin in stride(from: 0, to: row.count, by: pieceLength) {
      let count = min(pieceLength, row.count - begin)
      let piece = out + begin
      kernels.binary_scalar(AT_SUBTRACT, count, start + begin, maximum, piece)
      if temperature != 1 { kernels.binary_scalar(AT_DIVIDE, count, piece, temperature, piece) }
      kernels.unary(AT_EXP, count, piece, piece)
      sum += self.sum(UnsafeBufferPointer(start: piece, count: count))
    }
    return sum
  }

  private static let pieceLength = 2048

  /// Appends the indices of values above `threshold` to `indices`, in ascending order.
  package static func indices(
    of row: UnsafeBufferPointer<Float>, above threshold: Float, into indices: inout [UInt32]
  ) {
    guard let start = row.baseAddress else { return }
    let kernels = kernels
    var found = [UInt32](repeating: 0, count: pieceLength)
    for begin in stride(from: 0, to: row.count, by: pieceLength) {
      let length = min(pieceLength, row.count - begin)
      let count = kernels.select_above(length, start + begin, threshold, &found, pieceLength)
      for index in 0..<count { indices.append(UInt32(begin) + found[index]) }
    }
  }

  /// −log softmax(row)[target], in double precision from single-precision exponentials.
  /// - Parameter scratch: room for as many values as the row has.
  package static func negativeLogLikelihood(
    _ row: UnsafeBufferPointer<Float>, target: Int, scratch: UnsafeMutablePointer<Float>
  ) -> Double {
    guard let best = argmax(row) else { return .nan }
    exponentials(of: row, below: row[best], temperature: 1, into: scratch)
    return log(sum(UnsafeBufferPointer(start: scratch, count: row.count))) + Double(row[best])
      - Double(row[target])
  }

  /// Of all finite values, in double precision.
  package static func standardDeviation(_ row: UnsafeBufferPointer<Float>) -> Float {
    var (count, sum, squares) = (0.0, 0.0, 0.0)
    // Values move by the first one, so that the squares do not cancel.
    guard let origin = row.first(where: \.isFinite).map(Double.init) else { return 0 }
    for value in row where value.isFinite {
      let value = Double(value) - origin
      count += 1
      sum += value
      squares += value * value
    }
    return Float(max(squares / count - sum / count * (sum / count), 0).squareRoot())
  }

  /// Four sums side by side: one alone would wait for each addition.
  package static func sum(_ values: UnsafeBufferPointer<Float>) -> Double {
    var sums = SIMD4<Double>()
    let whole = values.count & ~3
    for index in stride(from: 0, to: whole, by: 4) {
      sums += SIMD4(
        Double(values[index]), Double(values[index + 1]), Double(values[index + 2]), Double(values[index + 3]))
    }
    return values[whole...].reduce(sums.sum()) { $0 + Double($1) }
  }
}
