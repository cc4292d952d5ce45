import CAttend

extension CPUBackend {
  func reduce(_ reduction: Reduction, _ x: Tensor, axes: [Int]) -> Tensor {
    let (x, outer, reduced, inner) = grouped(x, axes)
    defer { withExtendedLifetime(x) {} }
    switch x.dtype {
    case .float32: return reduceFloat(reduction, x, outer, reduced, inner)
    case .bfloat16, .float16: return widened(x) { reduceFloat(reduction, $0, outer, reduced, inner) }
    case .float64: return reduceNumber(reduction, x, outer, reduced, inner, Double.self)
    case .int64: return reduceNumber(reduction, x, outer, reduced, inner, Int64.self)
    case .int32: return reduceNumber(reduction, x, outer, reduced, inner, Int32.self)
    case .int8: return reduceNumber(reduction, x, outer, reduced, inner, Int8.self)
    case .uint8, .bool: return reduceNumber(reduction, x, outer, reduced, inner, UInt8.self)
    }
  }

  /// The tensor in row-major order, seen as `[outer, reduced, inner]`. Axes with others between them are moved last.
  private func grouped(_ x: Tensor, _ axes: [Int]) -> (Tensor, outer: Int, reduced: Int, inner: Int) {
    let reduces = (0..<x.rank).map { axes.contains($0) }
    let significant = (0..<x.rank).filter { x.shape[$0] != 1 }
    let first = significant.firstIndex { reduces[$0] } ?? significant.endIndex
    let last = significant.lastIndex { reduces[$0] } ?? first
    func extent(_ axes: some Sequence<Int>) -> Int { axes.reduce(1) { $0 * x.shape[$1] } }
    let isOneGroup = first == significant.endIndex || significant[first...last].allSatisfy { reduces[$0] }
    if isOneGroup {
      let group = first == significant.endIndex ? [] : Array(significant[first...last])
      let outer = extent(significant[..<first])
      let inner = group.isEmpty ? 1 : extent(significant[(last + 1)...])
      return (x.isContiguous ? x : copy(x), outer, extent(group), inner)
    }
    let kept = (0..<x.rank).filter { !reduces[$0] }
    let moved = copy(x.detached().permuted(kept + axes))
    return (moved, extent(kept), extent(axes), 1)
  }

  private func reduceFloat(_ reduction: Reduction, _ x: Tensor, _ outer: Int, _ reduced: Int, _ inner: Int) -> Tensor {
    let output = Tensor(uninitialized: [outer * inner], .float32)
    let (from, to) = (x.pointer(Float.self), output.pointer(Float.self))
    if reduced == 0 {
      to.initialize(repeating: 0, count: outer * inner)
    } else if inner == 1 && outer == 1 && reduced > sumChunk {
      return reduceOne(reduction, x)
    } else if reduction == .sum && outer == 1 && inner > 1 {
      return sumOfRows(x, rows: reduced, width: inner)
    } else if inner == 1 {
      parallelFor(outer, grain: rowGrain(width: reduced)) { range in
        for row in range { to[row] = rows.reduce(reduction.kernel, reduced, from + row * reduced) }
      }
    } else {
      // Whole rows are combined, so the processor's vectors run along `inner`; threads share the columns.
      for block in 0..<outer {
        let from = from + block * reduced * inner
        let to = to + block * inner
        parallelFor(inner, grain: max(64, elementGrain / reduced)) { range in
          let (start, count) = (range.lowerBound, range.count)
          (to + start).update(from: from + start, count: count)
          for row in 1..<max(reduced, 1) {
            rows.binary(reduction.combination, count, to + start, from + row * inner + start, to + start)
          }
        }
      }
    }
    return output
  }

  /// A long reduction to one number: partial results of fixed pieces, so that threads do not change the sum.
  private func reduceOne(_ reduction: Reduction, _ x: Tensor) -> Tensor {
    let count = x.count
    let chunks = (count + sumChunk - 1) / sumChunk
    let partial = Tensor(uninitialized: [chunks], .float32)
    let (from, to) = (x.pointer(Float.self), partial.pointer(Float.self))
    parallelFor(chunks, grain: 1) { range in
      for chunk in range {
        let start = chunk * sumChunk
        to[chunk] = rows.reduce(reduction.kernel, min(sumChunk, count - start), from + start)
      }
    }
    return reduceFloat(reduction, partial, 1, chunks, 1)
  }

  private func reduceNumber<T: CPUNumber>(
    _ reduction: Reduction, _ x: Tensor, _ outer: Int, _ reduced: Int, _ inner: Int, _ type: T.Type
  ) -> Tensor {
    let output = Tensor(uninitialized: [outer * inner], x.dtype)
    let (from, to) = (x.pointer(T.self), output.pointer(T.self))
    for block in 0..<outer {
      for column in 0..<inner {
        let from = from + block * reduced * inner + column
        var result = reduction == .sum || reduced == 0 ? T.zero : from[0]
        for row in 0..<reduced {
          let value = from[row * inner]
          switch reduction {
          case .sum: result = T.add(result, value)
          case .max: result = value > result ? value : result
          case .min: result = value < result ? value : result
          }
        }
        to[block * inner + column] = result
      }
    }
    return output
  }

  func argmax(_ x: Tensor) -> Tensor {
    switch x.dtype {
    case .float32:
      return argmaxRows(x) { (count, row: UnsafeMutablePointer<Float>) in
        let index = rows.argmax(count, row)
        // Nothing but NaN gives SIZE_MAX, which Swift sees as −1.
        return Int64(max(index, 0))
      }
    case .bfloat16, .float16: return argmax(cast(x, to: .float32))
    case .float64: return argmaxRows(x, firstMaximum(Double.self))
    case .int64: return argmaxRows(x, firstMaximum(Int64.self))
    case .int32: return argmaxRows(x, firstMaximum(Int32.self))
    case .int8: return argmaxRows(x, firstMaximum(Int8.self))
    case .uint8, .bool: return argmaxRows(x, firstMaximum(UInt8.self))
    }
  }

  private func firstMaximum<T: CPUNumber>(_ type: T.Type) -> (Int, UnsafeMutablePointer<T>) -> Int64 {
    { count, row in
      var best = 0
      for index in 1..<max(count, 1)
      where row[index] > row[best] || (row[best] != row[best] && row[index] == row[index]) {
        best = index
      }
      return row[best] == row[best] ? Int64(best) : 0
    }
  }

  private func argmaxRows<T>(_ x: Tensor, _ body: (Int, UnsafeMutablePointer<T>) -> Int64) -> Tensor {
    let x = x.isContiguous ? x : copy(x)
    defer { withExtendedLifetime(x) {} }
    let width = x.shape[x.rank - 1]
    let output = Tensor(uninitialized: Shape(x.shape.dropLast()), .int64)
    let (from, to) = (x.pointer(T.self), output.pointer(Int64.self))
    parallelFor(output.count, grain: rowGrain(width: width)) { range in
      for row in range { to[row] = body(width, from + row * width) }
    }
    return output
  }
}

/// Elements of one partial result of a long reduction.
private let sumChunk = 1 << 16

extension Reduction {
  fileprivate var kernel: at_reduction {
    switch self {
    case .sum: AT_SUM
    case .max: AT_MAX
    case .min: AT_MIN
    }
  }

  fileprivate var combination: at_binary {
    switch self {
    case .sum: AT_ADD
    case .max: AT_MAXIMUM
    case .min: AT_MINIMUM
    }
  }
}
