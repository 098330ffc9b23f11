import { Fleet } from './fleet.js';
import { serve } from './worker.js';

serve(new Fleet());
