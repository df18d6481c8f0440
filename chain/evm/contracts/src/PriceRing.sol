// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Remembers the lowest, highest and last price of each of the last 64 blocks in which there
/// was a change. Between two of those the price is the last one of the former, so the ring
/// knows the range of every block back to its oldest.
///
/// A price is recorded up to 2^128 - 1; a higher one counts as that.
library PriceRing {
    error BlockInFuture(uint256 blockNumber);
    error BlockForgotten(uint256 blockNumber);
    /// At some moment of that block there was no price.
    error NoPrice(uint256 blockNumber);

    uint256 internal constant SIZE = 64;

    struct Entry {
        uint128 low;
        uint128 high;
        uint128 close;
        uint64 blockNumber; // 0 for an entry never written
    }

    struct Ring {
        Entry[SIZE] entries;
        uint256 newest;
    }

    /// A new price stands from now on; 0 when there is none.
    function record(Ring storage ring, uint256 price) internal {
        uint128 p = price > type(uint128).max ? type(uint128).max : uint128(price);
        Entry storage last = ring.entries[ring.newest];
        if (last.blockNumber != block.number) {
            uint128 open = last.blockNumber == 0 ? p : last.close;
            ring.newest = (ring.newest + 1) % SIZE;
            last = ring.entries[ring.newest];
            (last.low, last.high) = (open, open);
            last.blockNumber = uint64(block.number);
        }
        if (p < last.low) last.low = p;
        if (p > last.high) last.high = p;
        last.close = p;
    }

    /// The prices of a block, as IPool.blockRange says. It looks back from the newest entry: a
    /// block of interest is a few entries away.
    function range(Ring storage ring, uint256 blockNumber)
        internal
        view
        returns (uint256 low, uint256 high, uint256 close)
    {
        if (blockNumber > block.number) revert BlockInFuture(blockNumber);
        for (uint256 back = 0; back < SIZE; ++back) {
            Entry storage e = ring.entries[(ring.newest + SIZE - back) % SIZE];
            if (e.blockNumber == 0) break;
            if (e.blockNumber > blockNumber) continue;
            (low, high, close) = (e.low, e.high, e.close);
            if (e.blockNumber < blockNumber) (low, high) = (close, close);
            if (low == 0) revert NoPrice(blockNumber);
            return (low, high, close);
        }
        revert BlockForgotten(blockNumber);
    }
}
