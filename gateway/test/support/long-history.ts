/** Options that keep so much of each channel that nobody can have missed more. */
export const longHistory = {
  HISTORY_USER_SIZE: '10000',
  HISTORY_GROUP_SIZE: '10000',
  HISTORY_REGISTERED_SIZE: '10000',
  HISTORY_ALL_SIZE: '10000',
};
