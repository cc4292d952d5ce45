import CAttend

/// Runs `body` over `0..<count` in disjoint ranges of at least `grain` items on the kernels' thread pool, and returns
/// when all are done. Below two grains everything runs here, so small work costs a comparison.
///
/// `body` may run on several threads at once: ranges must write to disjoint places and results must not depend on
/// how the ranges are cut.
package func parallelFor(_ count: Int, grain: Int, _ body: (Range<Int>) -> Void) {
  if count < 2 * grain {
    if count > 0 { body(0..<count) }
    return
  }
  withoutActuallyEscaping(body) { body in
    // at_parallel_for returns only when every range is done, so the context outlives its uses.
    var context = body
    withUnsafeMutablePointer(to: &context) { pointer in
      at_parallel_for(
        count, grain,
        { context, begin, end in
          context?.assumingMemoryBound(to: ((Range<Int>) -> Void).self).pointee(begin..<end)
        }, pointer)
    }
  }
}

/// Elements per thread below which a cheap elementwise loop is not worth waking another thread.
let elementGrain = 1 << 15

/// Rows of `width` elements per thread, for row kernels.
func rowGrain(width: Int) -> Int { max(1, (1 << 14) / max(width, 1)) }
