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
  package static func exponentials(
    of row: UnsafeBufferPointer<Float>, below maximum: Float, temperature: Float, into out: UnsafeMutablePointer<Float>
  ) {
    for index in 0..<row.count { out[index] = (row[index] - maximum) / temperature }
    kernels.unary(AT_EXP, row.count, out, out)
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
