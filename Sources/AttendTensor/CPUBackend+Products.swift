import CAttend

extension CPUBackend {
  func matmul(_ x: Tensor, _ y: Tensor) -> Tensor {
    var work: Profile.Work {
      Profile.Work(x, y, operationsPerElement: 2 * y.shape[y.rank - 1])
    }
    return profiled(.product, work) { product(x, y) }
  }

  private func product(_ x: Tensor, _ y: Tensor) -> Tensor {
    if x.dtype.isHalf {
      return cast(matmul(cast(x, to: .float32), cast(y, to: .float32)), to: x.dtype)
    }
    let rank = x.rank
    let (m, k, n) = (x.shape[rank - 2], x.shape[rank - 1], y.shape[rank - 1])
    let batch = Shape(x.shape.dropLast(2))
    let output = Tensor(uninitialized: Shape(batch.map { $0 } + [m, n]), x.dtype)
    let (rowX, columnX) = (x.strides[rank - 2], x.strides[rank - 1])
    let (rowY, columnY) = (y.strides[rank - 2], y.strides[rank - 1])
    let loop = StridedLoop(
      batch, Dimensions((0..<rank - 2).map { x.strides[$0] }), Dimensions((0..<rank - 2).map { y.strides[$0] }))
    let matrices = { (range: Range<Int>, body: (Int, Int, Int) -> Void) in
      loop.forEachRun(range) { index, first, second, _ in
        for inner in 0..<loop.run {
          body(index * loop.run + inner, first + inner * loop.runStrides.first, second + inner * loop.runStrides.second)
        }
      }
    }
    guard x.dtype == .float32 else {
      let (a, b, c) = (x.pointer(Double.self), y.pointer(Double.self), output.pointer(Double.self))
      matrices(0..<loop.runs) { index, first, second in
        multiply(m, n, k, a + first, rowX, columnX, b + second, rowY, columnY, c + index * m * n)
      }
      return output
    }
    let (a, b, c) = (x.pointer(Float.self), y.pointer(Float.self), output.pointer(Float.self))
    let multiplyFloats = { (range: Range<Int>) in
      matrices(range) { index, first, second in
        at_matmul_f32(
          kernels, m, n, k, a + first, rowX, columnX, b + second, rowY, columnY, c + index * m * n, n, false)
      }
    }
    // Small products: threads share the batch. Large ones: each is shared itself.
    if m * n * k < 1 << 21 {
      parallelFor(loop.runs, grain: max(1, (1 << 18) / max(m * n * k * loop.run, 1)), multiplyFloats)
    } else {
      multiplyFloats(0..<loop.runs)
    }
    return output
  }

  private func multiply(
    _ m: Int, _ n: Int, _ k: Int, _ a: UnsafePointer<Double>, _ rowA: Int, _ columnA: Int,
    _ b: UnsafePointer<Double>, _ rowB: Int, _ columnB: Int, _ c: UnsafeMutablePointer<Double>
  ) {
    for i in 0..<m {
      let out = c + i * n
      out.initialize(repeating: 0, count: n)
      for l in 0..<k {
        let factor = a[i * rowA + l * columnA]
        let row = b + l * rowB
        for j in 0..<n { out[j] += factor * row[j * columnB] }
      }
    }
  }
}
