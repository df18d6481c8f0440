// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

import {IERC20} from "@openzeppelin/contracts/token/ERC20/IERC20.sol";

import {IFlashBorrower} from "../IFlashBorrower.sol";
import {IPool} from "../IPool.sol";
import {PublicPool} from "../PublicPool.sol";

/// Pays back what it is told to, from means of its own where it must, and may call the pool
/// in between.
contract Borrower is IFlashBorrower {
    PublicPool private immutable _pool;
    uint256 public midPrice; // seen during the loan

    constructor(PublicPool pool) {
        _pool = pool;
    }

    function borrow(uint256 base, uint256 quote, uint256 returnBase, uint256 returnQuote, bytes calldata call_)
        external
    {
        _pool.flashLoan(base, quote, address(this), abi.encode(returnBase, returnQuote, call_));
    }

    function DSPFlashLoanCall(address, uint256, uint256, bytes calldata data) external {
        (uint256 returnBase, uint256 returnQuote, bytes memory call_) = abi.decode(data, (uint256, uint256, bytes));
        midPrice = _pool.getMidPrice();
        if (call_.length > 0) {
            (bool ok, bytes memory reason) = address(_pool).call(call_);
            if (!ok) {
                assembly ("memory-safe") {
                    revert(add(reason, 32), mload(reason))
                }
            }
        }
        IERC20(_pool._BASE_TOKEN_()).transfer(address(_pool), returnBase);
        IERC20(_pool._QUOTE_TOKEN_()).transfer(address(_pool), returnQuote);
    }
}
