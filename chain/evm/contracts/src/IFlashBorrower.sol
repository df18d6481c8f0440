// SPDX-License-Identifier: Apache-2.0
pragma solidity 0.8.37;

/// Whoever takes a flash loan. The name is DODO contractV2's, so its borrowers fit.
interface IFlashBorrower {
    /// Called by the pool after it has sent the loan, if data is not empty. The loan must be
    /// back at the pool when this returns. Check msg.sender: anybody may call.
    function DSPFlashLoanCall(address sender, uint256 baseAmount, uint256 quoteAmount, bytes calldata data) external;
}
